package io.ella.samples;

import io.ella.pipeline.ElllaPipeline;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which model draws. */
final class ModelOptions {
    @Option(
            names = "--model",
            paramLabel = "DIR|FILE",
            description =
                    "A Stable Diffusion checkpoint: a folder in diffusers' layout or a .safetensors"
                            + " file. Default: the embedded model.")
    private @Nullable Path model;

    @Option(
            names = "--ella",
            paramLabel = "FILE|DIR",
            description = "The connector. Default: none, the checkpoint's own CLIP reads.")
    private @Nullable Path ella;

    @Option(
            names = "--text-encoder",
            paramLabel = "DIR",
            description = "The language model that the connector was trained with.")
    private @Nullable Path textEncoder;

    void check(Console console) {
        checkNotBlank(console, "--model", model);
        checkNotBlank(console, "--ella", ella);
        checkNotBlank(console, "--text-encoder", textEncoder);
        if ((ella == null) != (textEncoder == null)) {
            throw console.misuse("--ella and --text-encoder go together: give both or neither");
        }
        if (model == null && ella != null) {
            throw console.misuse("--ella goes with --model: name the Stable Diffusion model");
        }
    }

    private static void checkNotBlank(Console console, String option, @Nullable Path path) {
        if (path != null && path.toString().isBlank()) {
            throw console.misuse(option + " is blank, expected a path");
        }
    }

    ElllaPipeline.Builder builder() {
        ElllaPipeline.Builder builder = ElllaPipeline.builder();
        if (model != null) {
            builder.model(model);
        }
        if (ella != null) {
            builder.ella(ella);
        }
        if (textEncoder != null) {
            builder.textEncoder(textEncoder);
        }
        return builder;
    }
}
