package io.ella.samples;

import io.ella.pipeline.ElllaPipeline;
import io.ella.pipeline.LoraFile;
import java.nio.file.Path;
import java.util.List;
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

    @Option(
            names = "--vae",
            paramLabel = "DIR",
            description =
                    "Another autoencoder for the same latents, to decode with: a finetuned one, or"
                            + " TAESD, which is fast and approximate. Default: the model's own.")
    private @Nullable Path vae;

    @Option(
            names = "--tiny-vae",
            description =
                    "Decode with the model's own TAESD, in its folder tiny_vae: fast and"
                            + " approximate. The embedded model has one.")
    private boolean tinyVae;

    @Option(
            names = "--lora",
            paramLabel = "FILE[:SCALE]",
            description =
                    "A LoRA to merge into the model, and how strongly (default: 1). May be repeated.")
    private List<String> loras = List.of();

    void check(Console console) {
        checkNotBlank(console, "--model", model);
        checkNotBlank(console, "--ella", ella);
        checkNotBlank(console, "--text-encoder", textEncoder);
        checkNotBlank(console, "--vae", vae);
        if (tinyVae && vae != null) {
            throw console.misuse("--vae and --tiny-vae exclude each other");
        }
        if ((ella == null) != (textEncoder == null)) {
            throw console.misuse("--ella and --text-encoder go together: give both or neither");
        }
        if (model == null && ella != null) {
            throw console.misuse("--ella goes with --model: name the Stable Diffusion model");
        }
        loras.forEach(text -> console.parsed(() -> LoraFile.parse(text)));
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
        if (vae != null) {
            builder.vae(vae);
        }
        if (tinyVae) {
            builder.tinyVae();
        }
        for (String text : loras) {
            LoraFile lora = LoraFile.parse(text);
            builder.lora(lora.file(), lora.scale());
        }
        return builder;
    }
}
