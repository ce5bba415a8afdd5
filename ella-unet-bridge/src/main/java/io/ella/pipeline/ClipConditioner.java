package io.ella.pipeline;

import io.ella.core.torch.Tensor;
import io.ella.encoders.ClipOutput;
import io.ella.encoders.ClipTextEncoder;
import io.ella.encoders.TokenIds;
import io.ella.encoders.TokenLength;
import io.ella.encoders.Tokenizer;

/** Plain Stable Diffusion 1.x and 2.x: CLIP's last hidden state, the same at every timestep. */
final class ClipConditioner implements Conditioner {
    private final Tokenizer tokenizer;
    private final ClipTextEncoder encoder;

    ClipConditioner(Tokenizer tokenizer, ClipTextEncoder encoder) {
        this.tokenizer = tokenizer;
        this.encoder = encoder;
    }

    @Override
    public Conditioning condition(GenerationRequest request, double[] timesteps) {
        TokenIds positive = tokenizer.encode(request.prompt(), TokenLength.clip());
        TokenIds negative = tokenizer.encode(request.negativePrompt(), TokenLength.clip());
        ClipOutput with = encoder.encode(new long[][] {positive.ids()});
        try {
            return new Both(
                    with, encoder.encode(new long[][] {negative.ids()}), positive.dropped());
        } catch (RuntimeException | Error e) {
            with.close();
            throw e;
        }
    }

    @Override
    public int width() {
        return encoder.config().hiddenSize();
    }

    @Override
    public void close() {
        encoder.close();
        tokenizer.close();
    }

    private record Both(ClipOutput positive, ClipOutput negative, int dropped)
            implements Conditioning {
        @Override
        public Tensor context(double timestep) {
            return positive.hidden();
        }

        @Override
        public Tensor negativeContext(double timestep) {
            return negative.hidden();
        }

        @Override
        public void close() {
            positive.close();
            negative.close();
        }
    }
}
