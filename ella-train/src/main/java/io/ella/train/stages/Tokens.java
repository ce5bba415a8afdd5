package io.ella.train.stages;

import io.ella.train.scenes.SceneVocabulary;
import java.util.Arrays;

/**
 * Token ids of a batch of captions, as the tokenizers of {@link
 * io.ella.train.scenes.SceneTokenizers} give them.
 *
 * @param ids [B, L]
 * @param mask 1 where there is a token, 0 where padding, [B, L]
 */
record Tokens(long[][] ids, long[][] mask) {

    /** {@code <s>} text {@code </s>}, padded with {@code </s>}. */
    static Tokens clip(String[] texts, int length) {
        return of(texts, length, true, true, SceneVocabulary.EOS);
    }

    /** Text {@code </s>}, padded. */
    static Tokens t5(String[] texts, int length) {
        return of(texts, length, false, true, SceneVocabulary.PAD);
    }

    /** {@code <s>} text, padded. */
    static Tokens llama(String[] texts, int length) {
        return of(texts, length, true, false, SceneVocabulary.PAD);
    }

    private static Tokens of(String[] texts, int length, boolean begin, boolean end, int pad) {
        long[][] ids = new long[texts.length][length];
        long[][] mask = new long[texts.length][length];
        for (int i = 0; i < texts.length; i++) {
            int[] words = SceneVocabulary.encode(texts[i]);
            Arrays.fill(ids[i], pad);
            int at = 0;
            if (begin) {
                ids[i][at++] = SceneVocabulary.BOS;
            }
            int room = length - at - (end ? 1 : 0);
            for (int w = 0; w < Math.min(words.length, room); w++) {
                ids[i][at++] = words[w];
            }
            if (end) {
                ids[i][at++] = SceneVocabulary.EOS;
            }
            Arrays.fill(mask[i], 0, at, 1);
        }
        return new Tokens(ids, mask);
    }
}
