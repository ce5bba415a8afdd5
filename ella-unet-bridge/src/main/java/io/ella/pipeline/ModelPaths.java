package io.ella.pipeline;

import io.ella.core.EllaException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the parts of a pipeline lie.
 *
 * @param name how messages and provenance call the model
 * @param model a folder in diffusers' layout, or a single file
 * @param ella the connector; empty for plain CLIP
 * @param textEncoder the folder of the language model; empty for plain CLIP
 * @param vae the folder of the autoencoder whose decoder takes the place of the model's own
 * @param tinyVae whether the model's folder {@link #TINY_VAE} is that
 * @param loras what changes the model's weights, one over the other
 * @param embedded the unpacked default model, deleted on closing; empty where paths were given
 */
record ModelPaths(
        String name,
        Path model,
        Optional<Path> ella,
        Optional<Path> textEncoder,
        Optional<Path> vae,
        boolean tinyVae,
        List<LoraFile> loras,
        Optional<EmbeddedModel> embedded)
        implements AutoCloseable {

    /** How the embedded default model is called. */
    static final String EMBEDDED = "the embedded default";

    /** Where a model has a decoder for previews beside its own: TAESD, for its latents. */
    static final String TINY_VAE = "tiny_vae";

    /** Paths as given; without a model, that of the embedded default. */
    static ModelPaths of(
            @Nullable Path model,
            @Nullable Path ella,
            @Nullable Path textEncoder,
            @Nullable Path vae,
            boolean tinyVae,
            List<LoraFile> loras) {
        checkNotBlank("model", model);
        checkNotBlank("ELLA connector", ella);
        checkNotBlank("text encoder", textEncoder);
        checkNotBlank("autoencoder", vae);
        if (tinyVae && vae != null) {
            throw new EllaException(
                    "both another autoencoder (%s) and the model's tiny one were asked for. Choose one"
                            .formatted(vae));
        }
        if (model == null) {
            if (ella != null || textEncoder != null) {
                throw new EllaException(
                        "an ELLA connector or a text encoder was given without a model. Name the Stable Diffusion model that they belong to");
            }
            EmbeddedModel embedded = EmbeddedModel.unpack();
            Path folder = embedded.folder();
            return new ModelPaths(
                    EMBEDDED,
                    folder,
                    Optional.of(folder.resolve("ella")),
                    Optional.of(folder.resolve("ella_text_encoder")),
                    Optional.ofNullable(vae),
                    tinyVae,
                    loras,
                    Optional.of(embedded));
        }
        if ((ella == null) != (textEncoder == null)) {
            throw new EllaException(
                    (ella == null
                                    ? "a text encoder was given without an ELLA connector"
                                    : "an ELLA connector was given without its text encoder")
                            + ". Give both, or neither for plain CLIP");
        }
        return new ModelPaths(
                model.toString(),
                model,
                Optional.ofNullable(ella),
                Optional.ofNullable(textEncoder),
                Optional.ofNullable(vae),
                tinyVae,
                loras,
                Optional.empty());
    }

    /**
     * {@return the folder of the decoder that takes the place of the model's own, if any does}
     *
     * @throws EllaException if it is to be the model's tiny one, and there is none
     */
    Optional<Path> decoder() {
        if (!tinyVae) {
            return vae;
        }
        Path folder = model.resolve(TINY_VAE);
        if (!Files.isDirectory(folder)) {
            throw new EllaException(
                    "%s has no folder %s. Name a TAESD for its latents as another autoencoder"
                            .formatted(name, TINY_VAE));
        }
        return Optional.of(folder);
    }

    private static void checkNotBlank(String what, @Nullable Path path) {
        if (path != null && path.toString().isBlank()) {
            throw new EllaException("the path of the " + what + " is blank");
        }
    }

    /**
     * {@return what reads the prompts is made from}
     *
     * @param readsPooled whether the model's own text encoder is used beside ELLA
     */
    List<Object> conditioner(boolean readsPooled) {
        if (embedded.isPresent()) {
            return List.of(name);
        }
        boolean own = ella.isEmpty() || readsPooled;
        return List.of(ella, textEncoder, own ? name : "", own ? loras : List.of());
    }

    /** {@return the places whose weight files say what the images depend on} */
    List<Path> roots() {
        List<Path> roots = new ArrayList<>(List.of(model));
        if (embedded.isEmpty()) {
            ella.ifPresent(roots::add);
            textEncoder.ifPresent(roots::add);
        }
        vae.ifPresent(roots::add);
        loras.forEach(lora -> roots.add(lora.file()));
        return roots;
    }

    @Override
    public void close() {
        embedded.ifPresent(EmbeddedModel::close);
    }
}
