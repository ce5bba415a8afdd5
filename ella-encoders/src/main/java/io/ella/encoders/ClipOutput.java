package io.ella.encoders;

import io.ella.core.torch.Tensor;
import java.util.Optional;

/**
 * What CLIP gives for a batch of prompts; closing it closes its tensors, all of them FLOAT32.
 *
 * @param hidden the last hidden state, after the final norm, [B, L, width]: what Stable Diffusion 1
 *     reads
 * @param penultimate the hidden state before the last layer, without the final norm, [B, L, width]:
 *     what SDXL reads
 * @param pooled the last hidden state at the end token, [B, width]
 * @param projected {@code pooled} through the projection, [B, projectionDim]; empty if the model
 *     has none
 */
public record ClipOutput(
        Tensor hidden, Tensor penultimate, Tensor pooled, Optional<Tensor> projected)
        implements AutoCloseable {

    @Override
    public void close() {
        hidden.close();
        penultimate.close();
        pooled.close();
        projected.ifPresent(Tensor::close);
    }
}
