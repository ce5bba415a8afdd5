package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;

/**
 * SDXL's second text encoder, OpenCLIP-bigG, and what SDXL takes from it alone: the projected
 * embedding of the whole prompt. Used on the device thread only.
 */
final class PooledText implements AutoCloseable {
    private final Torch torch;
    private final ClipReader clip;
    private final boolean zeroUnconditional;

    /**
     * Takes the encoder over.
     *
     * @param clip an encoder with a projection
     * @param zeroUnconditional whether zeros, not the empty prompt, stand for an absent negative
     *     prompt ({@code force_zeros_for_empty_prompt} in diffusers' {@code model_index.json})
     */
    PooledText(Torch torch, ClipReader clip, boolean zeroUnconditional) {
        this.torch = torch;
        this.clip = clip;
        this.zeroUnconditional = zeroUnconditional;
    }

    ClipReader clip() {
        return clip;
    }

    boolean zeroUnconditional() {
        return zeroUnconditional;
    }

    int width() {
        return clip.config().projectionDim();
    }

    /** {@return [1, width], which the caller closes} */
    Tensor of(String prompt) {
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
    Tensor unconditional() {
        return zeroUnconditional ? torch.tensor(new float[width()], 1, width()) : of("");
    }

    @Override
    public void close() {
        clip.close();
    }
}
