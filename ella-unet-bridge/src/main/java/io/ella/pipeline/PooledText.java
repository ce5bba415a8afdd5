package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.ClipTextConfig;
import java.util.List;
import java.util.function.Supplier;

/**
 * SDXL's second text encoder, OpenCLIP-bigG, and what SDXL takes from it alone: the projected
 * embedding of the whole prompt.
 *
 * <p>Not thread-safe: a pipeline uses it on its device thread only.
 */
public final class PooledText implements AutoCloseable {
    private final Torch torch;
    private final ClipReader clip;
    private final boolean zeroUnconditional;

    private PooledText(Torch torch, ClipReader clip, boolean zeroUnconditional) {
        this.torch = torch;
        this.clip = clip;
        this.zeroUnconditional = zeroUnconditional;
    }

    /**
     * Finds the encoder, known by its projection, and loads it.
     *
     * @param name how messages call the checkpoint
     * @param noTokenizer what to throw where it has no tokenizer
     */
    static PooledText open(
            Torch torch,
            ModelFiles files,
            String name,
            Precision precision,
            Supplier<EllaException> noTokenizer) {
        List<ModelFiles.ClipFiles> projecting =
                files.clip().stream()
                        .filter(clip -> ClipTextConfig.from(clip.config()).projectionDim() > 0)
                        .toList();
        if (projecting.isEmpty()) {
            throw new EllaException(
                    name
                            + " is built like SDXL, whose U-Net takes the pooled text of a second text encoder with a projection (text_encoder_2); it has none. Is the checkpoint complete?");
        }
        ModelFiles.ClipFiles last = projecting.get(projecting.size() - 1);
        ClipReader reader = ClipReader.open(torch, last, precision, noTokenizer);
        // "force_zeros_for_empty_prompt" in diffusers' model_index.json
        return new PooledText(torch, reader, files.zeroUnconditional());
    }

    ClipReader clip() {
        return clip;
    }

    boolean zeroUnconditional() {
        return zeroUnconditional;
    }

    /** {@return the width of an embedding} */
    public int width() {
        return clip.config().projectionDim();
    }

    /**
     * {@return the embedding of a prompt, [1, width], which the caller closes}
     *
     * @param prompt cut to what the encoder takes
     */
    public Tensor of(String prompt) {
        try (ClipReader.Reading reading = clip.read(prompt)) {
            return of(reading);
        }
    }

    /** As {@link #of(String)}, of a prompt that was read already. */
    Tensor of(ClipReader.Reading reading) {
        Tensor projected =
                reading.output()
                        .projected()
                        .orElseThrow(
                                () ->
                                        new EllaException(
                                                "the second text encoder projects nothing"));
        return torch.tensor(projected.floats(), 1, width());
    }

    /** {@return what stands for an absent negative prompt, [1, width], which the caller closes} */
    public Tensor unconditional() {
        return zeroUnconditional ? torch.tensor(new float[width()], 1, width()) : of("");
    }

    @Override
    public void close() {
        clip.close();
    }
}
