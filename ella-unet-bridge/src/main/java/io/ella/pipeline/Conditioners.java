package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.torch.Torch;
import io.ella.encoders.CachedTextEncoder;
import io.ella.encoders.Residency;
import io.ella.encoders.TextEncoder;
import io.ella.encoders.Tokenizer;
import io.ella.tsc.TimestepAwareSemanticConnector;
import io.ella.unet.UNetConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Loads what reads the prompts for a U-Net, and checks that it fits. */
final class Conditioners {
    /** Prompts whose features are kept: 1 MiB each for T5-XL. */
    private static final int CACHED_PROMPTS = 64;

    private final Torch torch;
    private final ModelPaths paths;
    private final ModelFiles files;
    private final Precisions precisions;
    private final @Nullable Residency residency;

    Conditioners(
            Torch torch,
            ModelPaths paths,
            ModelFiles files,
            Precisions precisions,
            @Nullable Residency residency) {
        this.torch = torch;
        this.paths = paths;
        this.files = files;
        this.precisions = precisions;
        this.residency = residency;
    }

    /** {@return ELLA where it was given, else the checkpoint's own CLIP; the caller closes it} */
    Conditioner load() {
        Resources parts = new Resources();
        try {
            Conditioner conditioner =
                    paths.ella().isPresent() && paths.textEncoder().isPresent()
                            ? ella(parts, paths.ella().get(), paths.textEncoder().get())
                            : files.unetConfig().hasTextTime() ? sdxl(parts) : clip(parts);
            check(conditioner);
            return conditioner;
        } catch (RuntimeException | Error e) {
            parts.close();
            throw e;
        }
    }

    private Conditioner ella(Resources parts, Path ella, Path folder) {
        Tokenizer tokenizer = parts.add(Tokenizer.open(folder));
        Residency where = residency != null ? residency : Memory.residency(folder);
        TextEncoder encoder = parts.add(TextEncoder.open(folder, torch, precisions.text(), where));
        TimestepAwareSemanticConnector connector =
                parts.add(TimestepAwareSemanticConnector.load(torch, ella, precisions.text()));
        if (connector.config().inputDim() != encoder.width()) {
            throw new EllaException(
                    "%s takes features of width %d, %s gives %d. Is this the text encoder that it was trained with?"
                            .formatted(
                                    ella, connector.config().inputDim(), folder, encoder.width()));
        }
        return new EllaConditioner(
                tokenizer,
                new CachedTextEncoder(torch, encoder, CACHED_PROMPTS),
                where,
                connector,
                files.unetConfig().hasTextTime() ? Optional.of(pooled(parts)) : Optional.empty());
    }

    private Conditioner clip(Resources parts) {
        if (files.clip().isEmpty()) {
            throw new EllaException(
                    paths.name()
                            + " has no text encoder of its own. Give an ELLA connector and its text encoder");
        }
        return new ClipConditioner(parts.add(reader(files.clip().get(0))));
    }

    private Conditioner sdxl(Resources parts) {
        if (files.clip().size() != 2) {
            throw new EllaException(
                    "%s has %d text encoders, SDXL reads with two. Is the checkpoint complete?"
                            .formatted(paths.name(), files.clip().size()));
        }
        ClipReader first = parts.add(reader(files.clip().get(0)));
        return new SdxlConditioner(torch, first, pooled(parts));
    }

    /** SDXL's second text encoder, known by its projection. */
    private PooledText pooled(Resources parts) {
        return parts.add(
                PooledText.open(torch, files, paths.name(), precisions.text(), this::noTokenizer));
    }

    private ClipReader reader(ModelFiles.ClipFiles clip) {
        return ClipReader.open(torch, clip, precisions.text(), this::noTokenizer);
    }

    private EllaException noTokenizer() {
        boolean single = Files.isRegularFile(paths.model());
        String remedy =
                "Put CLIP's vocab.json and merges.txt (any Stable Diffusion 1.x repository has them) into a folder \"tokenizer\" "
                        + (single ? "beside it" : "in it");
        String other =
                files.unetConfig().hasTextTime()
                        ? ""
                        : ", or give an ELLA connector and its language model (ella and textEncoder of the builder, --ella and --text-encoder of the command)";
        return new EllaException(
                paths.name()
                        + " has no tokenizer"
                        + (single ? ", as no single file has. " : ". ")
                        + remedy
                        + other);
    }

    private void check(Conditioner conditioner) {
        UNetConfig unet = files.unetConfig();
        String reader = paths.ella().map(Path::toString).orElse("the text encoder");
        if (conditioner.width() != unet.crossAttentionDim()) {
            throw new EllaException(
                    "%s gives contexts of width %d, the U-Net of %s attends to %d. Are they for one kind of model?"
                            .formatted(
                                    reader,
                                    conditioner.width(),
                                    paths.name(),
                                    unet.crossAttentionDim()));
        }
        if (conditioner.pooledWidth() != unet.pooledDim()) {
            throw new EllaException(
                    "the second text encoder of %s gives pooled text of width %d, its U-Net takes %d. SDXL's base model is supported, its refiner is not"
                            .formatted(paths.name(), conditioner.pooledWidth(), unet.pooledDim()));
        }
    }
}
