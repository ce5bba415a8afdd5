package io.ella.samples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.train.stages.SceneTraining;
import io.ella.train.stages.Stage;
import io.ella.train.stages.Variant;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ella train scenes}: the small world's models, which the default model is made of. */
@Command(
        name = "scenes",
        description = {
            "Train the models of the small world, or go on with it.",
            "Ctrl-C ends after the step in progress, with a checkpoint."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TrainScenesCommand implements Callable<Integer> {
    private static final String ALL = "all";

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            description = "Folder of the training. Default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("scenes-training");

    @Option(
            names = "--stage",
            paramLabel = "vae-crops|vae|decoder|tiny-vae|t5|llama|layout|base|align|distil|tsc|all",
            description =
                    "Which stage; each needs those before it, but tiny-vae and llama. Default: ${DEFAULT-VALUE}.")
    private String stage = ALL;

    @Option(
            names = "--assemble",
            paramLabel = "DIR",
            description = "Write the trained models as a checkpoint, and train nothing.")
    private @Nullable Path assemble;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description = {
                "The connector of align, distil and tsc, for comparisons: adaln, adaln-zero, resampler,"
                        + " resampler-1, mlp, queries-8, queries-32, llama, clip, flexible.",
                "Default: adaln, the default model's."
            })
    private String variant = Variant.ADALN.toString();

    @Option(
            names = "--from",
            paramLabel = "DIR",
            description =
                    "A model as --assemble writes it: stages that are not in --out begin with its"
                            + " weights.")
    private @Nullable Path from;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "How many updates. Default: the stage's own number.")
    private long steps;

    @Option(
            names = "--samples-every",
            paramLabel = "N",
            description = "Draw samples every so many steps; 0 for never. Default: 1000.")
    private long samplesEvery = 1000;

    @Mixin private Machine machine = new Machine();
    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        machine.check(console);
        List<Stage> stages =
                stage.equals(ALL)
                        ? List.of(Stage.values())
                        : List.of(console.parsed(() -> Stage.of(stage)));
        if (samplesEvery < 0) {
            throw console.misuse(
                    "--samples-every is " + samplesEvery + ", expected 0 for never, or more");
        }
        if (steps < 0) {
            throw console.misuse("--steps is " + steps + ", expected at least 1");
        }
        Precision precision = TrainingReport.precision(machine, console);
        Variant connector = console.parsed(() -> Variant.of(variant));
        machine.start();
        try (Ending ending = Ending.ofTraining(console);
                Torch torch = Torch.open(machine.device(console))) {
            SceneTraining training = new SceneTraining(torch, out, precision);
            training.variant(connector);
            if (from != null) {
                training.from(from);
            }
            Path folder = assemble;
            if (folder != null) {
                training.assemble(folder);
                assembled(folder);
            } else {
                training.samplesEvery(samplesEvery);
                training.steps(steps);
                train(training, stages, ending);
            }
        }
        return 0;
    }

    private void assembled(Path folder) {
        console.line(
                "ella generate PROMPT --model %s --ella %s --text-encoder %s -o OUT.png"
                        .formatted(
                                folder,
                                folder.resolve("ella"),
                                folder.resolve("ella_text_encoder")));
        JsonObject json = new JsonObject();
        json.addProperty("folder", folder.toString());
        console.result(json);
    }

    private void train(SceneTraining training, List<Stage> stages, Ending ending) {
        JsonArray reports = new JsonArray();
        try (TrainingReport report = new TrainingReport(console)) {
            for (Stage each : stages) {
                report.reset();
                boolean done = training.run(each, ending::isNear, report::at);
                report.end();
                if (!done) {
                    throw new EllaException(
                            "cancelled; the same command goes on from the checkpoint in "
                                    + training.folder(each));
                }
                console.line("%s: done, in %s".formatted(each, training.folder(each)));
                JsonObject json = report.json();
                json.addProperty("stage", each.toString());
                json.addProperty("steps", training.steps(each));
                reports.add(json);
            }
        }
        JsonObject result = new JsonObject();
        result.addProperty("folder", out.toString());
        result.add("stages", reports);
        console.result(result);
    }
}
