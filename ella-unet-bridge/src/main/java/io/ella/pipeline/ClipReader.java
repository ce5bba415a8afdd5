package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.encoders.ClipOutput;
import io.ella.encoders.ClipTextConfig;
import io.ella.encoders.ClipTextEncoder;
import io.ella.encoders.TokenIds;
import io.ella.encoders.TokenLength;
import io.ella.encoders.Tokenizer;
import java.util.function.Supplier;

/** A CLIP text encoder with its tokenizer, which are closed with it. */
record ClipReader(Tokenizer tokenizer, ClipTextEncoder encoder) implements AutoCloseable {

    /**
     * What the encoder makes of one prompt.
     *
     * @param output a batch of one, which the caller closes
     * @param dropped how many tokens of the prompt did not fit
     */
    record Reading(ClipOutput output, int dropped) implements AutoCloseable {
        @Override
        public void close() {
            output.close();
        }
    }

    /**
     * Loads an encoder.
     *
     * @param noTokenizer what to throw where it has no tokenizer
     */
    static ClipReader open(
            Torch torch,
            ModelFiles.ClipFiles clip,
            Precision precision,
            Supplier<EllaException> noTokenizer) {
        Tokenizer tokenizer = clip.openTokenizer().orElseThrow(noTokenizer);
        try {
            ClipTextConfig config = ClipTextConfig.from(clip.config());
            return new ClipReader(
                    tokenizer, ClipTextEncoder.load(torch, config, clip.weights(), precision));
        } catch (RuntimeException | Error e) {
            tokenizer.close();
            throw e;
        }
    }

    Reading read(String prompt) {
        TokenIds tokens = tokenizer.encode(prompt, TokenLength.clip());
        return new Reading(encoder.encode(new long[][] {tokens.ids()}), tokens.dropped());
    }

    ClipTextConfig config() {
        return encoder.config();
    }

    @Override
    public void close() {
        encoder.close();
        tokenizer.close();
    }
}
