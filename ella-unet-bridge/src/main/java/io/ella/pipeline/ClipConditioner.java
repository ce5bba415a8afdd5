package io.ella.pipeline;

import io.ella.core.torch.Tensor;
import io.ella.encoders.TokenLength;

/** Plain Stable Diffusion 1.x and 2.x: CLIP's last hidden state, the same at every timestep. */
final class ClipConditioner implements Conditioner {
    private final ClipReader clip;

    ClipConditioner(ClipReader clip) {
        this.clip = clip;
    }

    @Override
    public Conditioning condition(String prompt, TokenLength length, double[] timesteps) {
        return new LastHidden(clip.read(prompt));
    }

    @Override
    public int width() {
        return clip.config().hiddenSize();
    }

    @Override
    public void close() {
        clip.close();
    }

    private record LastHidden(ClipReader.Reading reading) implements Conditioning {
        @Override
        public Tensor context(double timestep) {
            return reading.output().hidden();
        }

        @Override
        public int dropped() {
            return reading.dropped();
        }

        @Override
        public void close() {
            reading.close();
        }
    }
}
