package io.ella.train.stages;

import io.ella.train.scenes.SceneVocabulary;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Token ids of a batch of captions, as the tokenizers of {@link
 * io.ella.train.scenes.SceneTokenizers} give them.
 */
final class Tokens {
    private final long[][] ids;
    private final long[][] mask;

    private Tokens(long[][] ids, long[][] mask) {
        this.ids = ids;
        this.mask = mask;
    }

    /** {@return [B, L]} */
    long[][] ids() {
        return ids;
    }

    /** {@return 1 where there is a token, 0 where padding, [B, L]} */
    long[][] mask() {
        return mask;
    }

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

    /** {@return the same, without columns that are padding in every row} */
    Tokens trimmed() {
        int used = 0;
        for (long[] row : mask) {
            used = Math.max(used, (int) Arrays.stream(row).sum());
        }
        int length = used;
        UnaryOperator<long[]> cut = row -> Arrays.copyOf(row, length);
        return new Tokens(
                Arrays.stream(ids).map(cut).toArray(long[][]::new),
                Arrays.stream(mask).map(cut).toArray(long[][]::new));
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
