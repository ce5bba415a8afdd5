package io.ella.samples;

import io.ella.core.image.Png;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.torch.Precision;
import io.ella.pipeline.ElllaPipeline;
import io.ella.pipeline.Generation;
import io.ella.pipeline.GenerationRequest;
import io.ella.pipeline.GuidanceInterval;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ella generate}: a prompt to PNG files. */
@Command(
        name = "generate",
        description = "Draw images from a prompt.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class GenerateCommand implements Callable<Integer> {

    @Parameters(paramLabel = "PROMPT", description = "What the image shows.")
    private String prompt;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT.png",
            required = true,
            description = "The file; of several images, the i-th goes to OUT-i.png.")
    private Path output;

    @Mixin private ModelOptions model = new ModelOptions();

    @Option(
            names = "--negative-prompt",
            paramLabel = "TEXT",
            description = "What it does not. Default: none.")
    private @Nullable String negativePrompt;

    @Option(names = "--steps", paramLabel = "N", description = "Default: 25.")
    private @Nullable Integer steps;

    @Option(
            names = "--guidance",
            paramLabel = "G",
            description = "Default: the model's own, else 7.5; 1 for none.")
    private @Nullable Double guidance;

    @Option(
            names = "--cache-interval",
            paramLabel = "N",
            description =
                    "Approximate: compute the deep part of the U-Net at every N-th step only"
                            + " (DeepCache). Default: 1, exact.")
    private @Nullable Integer cacheInterval;

    @Option(
            names = "--merge-tokens",
            description =
                    "Approximate: self-attention on the outermost level reads the mean of each 2×2"
                            + " tokens.")
    private boolean mergesTokens;

    @Option(
            names = "--guidance-interval",
            paramLabel = "LEAST,MOST",
            split = ",",
            description =
                    "Approximate: guidance at these timesteps only, such as 200,800; the others take"
                            + " half the time. Default: 0,1000.")
    private @Nullable List<Double> interval;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of the first image; the next has N+1. Default: random.")
    private @Nullable Long seed;

    @Option(names = "--width", paramLabel = "PIXELS", description = "Default: the model's own.")
    private @Nullable Integer width;

    @Option(names = "--height", paramLabel = "PIXELS", description = "Default: the model's own.")
    private @Nullable Integer height;

    @Option(names = "--count", paramLabel = "N", description = "How many images. Default: 1.")
    private @Nullable Integer count;

    @Option(
            names = "--scheduler",
            paramLabel = "NAME",
            description =
                    "ddim, pndm, euler, euler-a, heun, dpmpp-2m, dpmpp-2m-karras, dpmpp-2m-sde,"
                            + " dpmpp-2m-ays, dpmpp-2m-ays-xl, dpmpp-3m, unipc or lcm. Default:"
                            + " with ELLA DPM-Solver++ as the checkpoint configures it (dpmpp-2m,"
                            + " the embedded model's dpmpp-2m-sde), else the checkpoint's own.")
    private @Nullable String scheduler;

    @Mixin private TokenLengthOptions tokens = new TokenLengthOptions();
    @Mixin private Machine machine = new Machine();
    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        machine.check(console);
        model.check(console);
        GenerationRequest.Builder request = console.parsed(this::request);
        GenerationRequest checked = console.parsed(request::build);
        checkWritable(checked.count());
        long start = System.nanoTime();
        machine.start();
        ElllaPipeline.Builder builder =
                model.builder()
                        .device(machine.device(console))
                        .precision(machine.precision(console, Precision.AUTO));
        try (Drawing drawing = new Drawing(console)) {
            Generation generation = drawing.generate(builder, request);
            List<Path> files = generation.save(output);
            files.forEach(file -> console.line(file.toString()));
            console.result(drawing.report(generation, files, System.nanoTime() - start));
        }
        return 0;
    }

    /** Before the work starts, so that none is lost. */
    private void checkWritable(int images) {
        Png.checkWritable(output);
        for (int i = 2; i <= images; i++) {
            Png.checkWritable(Generation.numbered(output, i));
        }
    }

    private GenerationRequest.Builder request() {
        GenerationRequest.Builder request =
                GenerationRequest.of(prompt).tokenLength(tokens.length(console));
        if (negativePrompt != null) {
            request.negativePrompt(negativePrompt);
        }
        if (width != null || height != null) {
            request.size(side("width", width), side("height", height));
        }
        if (steps != null) {
            request.steps(steps);
        }
        if (guidance != null) {
            request.guidance(guidance);
        }
        if (cacheInterval != null) {
            request.cacheInterval(cacheInterval);
        }
        request.mergeTokens(mergesTokens);
        List<Double> timesteps = interval;
        if (timesteps != null) {
            if (timesteps.size() != 2) {
                throw console.misuse("--guidance-interval takes two numbers, such as 200,800");
            }
            request.guidanceInterval(
                    console.parsed(() -> new GuidanceInterval(timesteps.get(0), timesteps.get(1))));
        }
        if (seed != null) {
            request.seed(seed);
        }
        if (count != null) {
            request.count(count);
        }
        if (scheduler != null) {
            request.scheduler(Schedulers.named(scheduler));
        }
        return request;
    }

    /** 0 stands for the model's own size, which is not to be asked for by number. */
    private int side(String name, @Nullable Integer pixels) {
        if (pixels != null && pixels < 1) {
            throw console.misuse(
                    "the %s is %d, expected a positive multiple of 8".formatted(name, pixels));
        }
        return pixels == null ? 0 : pixels;
    }
}
