package io.ella.pipeline;

import io.ella.encoders.ClipOutput;
import io.ella.encoders.ClipTextConfig;
import io.ella.encoders.ClipTextEncoder;
import io.ella.encoders.TokenIds;
import io.ella.encoders.TokenLength;
import io.ella.encoders.Tokenizer;

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
