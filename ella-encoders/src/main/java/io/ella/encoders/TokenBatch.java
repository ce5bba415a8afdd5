package io.ella.encoders;

import io.ella.core.EllaException;
import java.util.Arrays;

/** Prompts of equal length, checked. Immutable. */
final class TokenBatch {
    private final long[][] ids;
    private final long[][] mask;

    private TokenBatch(long[][] ids, long[][] mask) {
        this.ids = ids;
        this.mask = mask;
    }

    /** Checks ids against a vocabulary, before native code looks up rows by them. */
    static TokenBatch of(String model, long[][] ids, long[][] mask, int vocabulary, int maxLength) {
        if (ids.length == 0 || ids[0].length == 0) {
            throw new EllaException(model + ": there is no token to encode");
        }
        int length = ids[0].length;
        if (length > maxLength) {
            throw new EllaException(
                    "%s: a prompt has %d tokens, the model takes at most %d. Truncate it"
                            .formatted(model, length, maxLength));
        }
        if (mask.length != ids.length) {
            throw new EllaException(
                    "%s: %d prompts were given with %d masks"
                            .formatted(model, ids.length, mask.length));
        }
        for (int i = 0; i < ids.length; i++) {
            checkRow(model + ": prompt " + i, ids[i], mask[i], length, vocabulary);
        }
        return new TokenBatch(copy(ids), copy(mask));
    }

    private static void checkRow(
            String which, long[] ids, long[] mask, int length, int vocabulary) {
        if (ids.length != length || mask.length != length) {
            throw new EllaException(
                    "%s has %d ids and a mask of %d, the batch has a length of %d. Pad them alike"
                            .formatted(which, ids.length, mask.length, length));
        }
        for (long id : ids) {
            if (id < 0 || id >= vocabulary) {
                throw new EllaException(
                        "%s has the id %d, the vocabulary has 0 to %d. Is the tokenizer that of another model?"
                                .formatted(which, id, vocabulary - 1));
            }
        }
        if (Arrays.stream(mask).anyMatch(m -> m != 0 && m != 1)) {
            throw new EllaException(
                    which + " has a mask with other values than 0 (padding) and 1 (token)");
        }
        if (Arrays.stream(mask).noneMatch(m -> m == 1)) {
            throw new EllaException(which + " is padding alone; at least one token is needed");
        }
    }

    private static long[][] copy(long[][] rows) {
        return Arrays.stream(rows).map(long[]::clone).toArray(long[][]::new);
    }

    /** {@return how many prompts there are} */
    int size() {
        return ids.length;
    }

    /** {@return how many tokens each has, padding included} */
    int length() {
        return ids[0].length;
    }

    /** {@return all ids, prompt after prompt} */
    long[] flatIds() {
        return Arrays.stream(ids).flatMapToLong(Arrays::stream).toArray();
    }

    /** {@return whether there is a token, not padding} */
    boolean isToken(int prompt, int position) {
        return mask[prompt][position] == 1;
    }
}
