package io.ella.pipeline;

import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.TokenLength;
import java.util.Optional;

/**
 * Plain SDXL (arXiv 2307.01952, section 2.1): the hidden states before the last layer of CLIP-L and
 * of OpenCLIP-bigG side by side, with bigG's projected embedding as pooled text; the same at every
 * timestep.
 */
final class SdxlConditioner implements Conditioner {
    private final Torch torch;
    private final ClipReader first;
    private final PooledText second;

    SdxlConditioner(Torch torch, ClipReader first, PooledText second) {
        this.torch = torch;
        this.first = first;
        this.second = second;
    }

    @Override
    public Conditioning condition(String prompt, TokenLength length, double[] timesteps) {
        try (ClipReader.Reading one = first.read(prompt);
                ClipReader.Reading two = second.clip().read(prompt)) {
            float[] context =
                    sideBySide(
                            one.output().penultimate().floats(),
                            two.output().penultimate().floats());
            return constant(context, second.of(two), one.dropped());
        }
    }

    @Override
    public Conditioning unconditional(TokenLength length, double[] timesteps) {
        if (!second.zeroUnconditional()) {
            return condition("", length, timesteps);
        }
        return constant(new float[positions() * width()], second.unconditional(), 0);
    }

    private Conditioning constant(float[] context, Tensor pooled, int dropped) {
        return new Conditioning.Constant(
                torch.tensor(context, 1, positions(), width()), Optional.of(pooled), dropped);
    }

    /** Two rows of each position become one. */
    private float[] sideBySide(float[] left, float[] right) {
        int leftWidth = first.config().hiddenSize();
        int rightWidth = second.clip().config().hiddenSize();
        float[] joined = new float[left.length + right.length];
        for (int i = 0; i < positions(); i++) {
            int to = i * width();
            System.arraycopy(left, i * leftWidth, joined, to, leftWidth);
            System.arraycopy(right, i * rightWidth, joined, to + leftWidth, rightWidth);
        }
        return joined;
    }

    private static int positions() {
        return ((TokenLength.Fixed) TokenLength.clip()).maxLength();
    }

    @Override
    public int width() {
        return first.config().hiddenSize() + second.clip().config().hiddenSize();
    }

    @Override
    public int pooledWidth() {
        return second.width();
    }

    @Override
    public void close() {
        first.close();
        second.close();
    }
}
