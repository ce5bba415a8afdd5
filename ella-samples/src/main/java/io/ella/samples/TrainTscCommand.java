package io.ella.samples;

import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.image.Png;
import io.ella.core.torch.AdamW;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.train.LearningRate;
import io.ella.train.TrainingPlan;
import io.ella.train.connector.CaptionedImage;
import io.ella.train.connector.CaptionedImages;
import io.ella.train.connector.ConnectorSettings;
import io.ella.train.connector.ConnectorTraining;
import io.ella.tsc.Connector;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ella train tsc}: a connector for a checkpoint, from images and captions. */
@Command(
        name = "tsc",
        description = {
            "Train a connector between a language model and Stable Diffusion, or go on with it.",
            "Ctrl-C ends after the step in progress, with a checkpoint."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class TrainTscCommand implements Callable<Integer> {
    private static final ConnectorSettings PAPER = ConnectorSettings.PAPER;

    @Option(
            names = "--model",
            paramLabel = "DIR|FILE",
            required = true,
            description = "The Stable Diffusion checkpoint, 1.x, 2.x or XL.")
    private Path model;

    @Option(
            names = "--text-encoder",
            paramLabel = "DIR",
            required = true,
            description = "The language model, a T5 or a Llama.")
    private Path textEncoder;

    @Option(
            names = "--data",
            paramLabel = "DIR|JSONL|TAR",
            required = true,
            description = {
                "A folder of images with .txt files of the same name, or of webdataset archives;"
                        + " such an archive;",
                "or lines of JSON with \"image\" and \"caption\"."
            })
    private Path data;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            required = true,
            description = "The connector, such as ella.safetensors.")
    private Path out;

    @Option(
            names = "--connector",
            paramLabel = "adaln|adaln-zero|resampler|mlp",
            description = "Which one of the paper's. Default: ${DEFAULT-VALUE}.")
    private String connector = "adaln";

    @Option(names = "--layers", paramLabel = "N", description = "Blocks. Default: 6.")
    private int layers = PAPER.layers();

    @Option(names = "--queries", paramLabel = "N", description = "Learned queries. Default: 64.")
    private int queries = PAPER.queries();

    @Option(names = "--heads", paramLabel = "N", description = "Heads. Default: 8.")
    private int heads = PAPER.heads();

    @Option(
            names = "--size",
            paramLabel = "PIXELS",
            description =
                    "Images are resized and cropped to this width and height. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int size = PAPER.size();

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "Captions are padded and cut to so many tokens. Default: 128.")
    private int maxLength = PAPER.maxLength();

    @Option(
            names = "--dropout",
            paramLabel = "P",
            description = "How often a caption is left empty, for guidance. Default: 0.1.")
    private double dropout = PAPER.dropout();

    @Option(names = "--steps", paramLabel = "N", description = "Updates in all. Default: 10000.")
    private long steps = PAPER.plan().steps();

    @Option(names = "--batch", paramLabel = "N", description = "Images at once. Default: 4.")
    private int batch = PAPER.batch();

    @Option(
            names = "--accumulate",
            paramLabel = "N",
            description = "Batches that make one update. Default: 1.")
    private int accumulate = 1;

    @Option(names = "--rate", paramLabel = "R", description = "Learning rate. Default: 1e-4.")
    private double rate = 1e-4;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            description = "Steps over which the rate rises. Default: 0.")
    private long warmup;

    @Option(names = "--weight-decay", paramLabel = "D", description = "Default: 0.01.")
    private double weightDecay = AdamW.defaults().weightDecay();

    @Option(
            names = "--ema",
            paramLabel = "D",
            description =
                    "Keep a moving average of the weights, of which this share stays at each step,"
                            + " such as 0.9999. Default: none.")
    private double ema;

    @Option(names = "--seed", paramLabel = "N", description = "Default: 0.")
    private long seed;

    @Option(
            names = "--save-every",
            paramLabel = "N",
            description = "Steps between checkpoints. Default: 100.")
    private long saveEvery = PAPER.plan().saveEvery();

    @Option(
            names = "--resume-folder",
            paramLabel = "DIR",
            description = "Checkpoints and loss curve. Default: FILE with the ending -training.")
    private @Nullable Path folder;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Latents and text features. Default: cache in the resume folder.")
    private @Nullable Path cache;

    @Mixin private Machine machine = new Machine();
    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        machine.check(console);
        Precision precision = TrainingReport.precision(machine, console);
        ConnectorSettings settings = console.parsed(() -> settings(precision));
        Png.checkWritable(out);
        List<CaptionedImage> images = CaptionedImages.open(data);
        machine.start();
        String name = out.getFileName().toString().replaceFirst("(\\.safetensors)?$", "-training");
        Path where = folder != null ? folder : out.resolveSibling(name);
        Path features = cache != null ? cache : where.resolve("cache");
        try (Ending ending = Ending.ofTraining(console);
                Torch torch = Torch.open(machine.device(console));
                TrainingReport report = new TrainingReport(console)) {
            ConnectorTraining training =
                    new ConnectorTraining(torch, model, textEncoder, settings, where, features);
            boolean done = training.run(images, ending::isNear, report::at);
            report.end();
            if (!done) {
                throw new EllaException(
                        "cancelled; the same command goes on from what is in " + where);
            }
            training.write(out);
            console.line(out.toString());
            JsonObject json = report.json();
            json.addProperty("file", out.toString());
            json.addProperty("folder", where.toString());
            json.addProperty("images", images.size());
            json.addProperty("parameters", training.config().parameterCount());
            json.addProperty("precision", settings.plan().precision().toString());
            console.result(json);
        }
        return 0;
    }

    private ConnectorSettings settings(Precision precision) {
        AdamW usual = AdamW.defaults();
        AdamW adam =
                new AdamW(usual.beta1(), usual.beta2(), usual.eps(), weightDecay, usual.maxNorm());
        LearningRate pace = LearningRate.constant(rate, warmup);
        return PAPER.connector(Connector.of(connector.replace('-', '_')), layers, queries, heads)
                .data(size, maxLength, dropout, batch)
                .seed(seed)
                .plan(new TrainingPlan(steps, accumulate, pace, adam, ema, precision, saveEvery));
    }
}
