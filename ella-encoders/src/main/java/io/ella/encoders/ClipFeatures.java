package io.ella.encoders;

import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;

/**
 * CLIP in front of a connector, to compare with language models (arXiv 2403.05135, Table 5): its
 * last hidden state, after the final norm.
 */
final class ClipFeatures implements TextEncoder {
    private final ClipTextEncoder clip;

    ClipFeatures(ClipTextEncoder clip) {
        this.clip = clip;
    }

    @Override
    public int width() {
        return clip.config().hiddenSize();
    }

    @Override
    public int maxLength() {
        return clip.config().maxPositionEmbeddings();
    }

    @Override
    public Precision precision() {
        return clip.precision();
    }

    /** CLIP was trained to attend to padding, so it is not given the mask. */
    @Override
    public Tensor encode(long[][] ids, long[][] mask) {
        ClipOutput output = clip.encode(ids);
        output.penultimate().close();
        output.pooled().close();
        output.projected().ifPresent(Tensor::close);
        return output.hidden();
    }

    @Override
    public void close() {
        clip.close();
    }
}
