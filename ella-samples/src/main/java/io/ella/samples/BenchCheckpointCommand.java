package io.ella.samples;

import io.ella.samples.bench.HashCheckpoint;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ella bench-checkpoint}: something of full size to measure {@code ella generate} with. */
@Command(
        name = "bench-checkpoint",
        description =
                "Write Stable Diffusion 1.5, flan-t5-xl and a connector with computed weights, 4.5 GB.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class BenchCheckpointCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "Where to; made if it is not there.")
    private Path folder;

    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        HashCheckpoint.write(folder);
        console.line(
                "ella generate PROMPT --model %s --ella %s --text-encoder %s -o OUT.png"
                        .formatted(
                                folder,
                                folder.resolve("ella.safetensors"),
                                folder.resolve("ella_text_encoder")));
        return 0;
    }
}
