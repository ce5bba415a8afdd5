package io.ella.encoders;

import java.util.Arrays;

/**
 * One prompt as tokens: ids, then padding. Immutable, so thread-safe; equal when the ids, the count
 * and the dropped tokens are.
 */
public final class TokenIds {
    private final long[] ids;
    private final int count;
    private final int dropped;

    /** Takes {@code ids} without copying; the first {@code count} are not padding. */
    TokenIds(long[] ids, int count, int dropped) {
        this.ids = ids;
        this.count = count;
        this.dropped = dropped;
    }

    /**
     * The ids, padding included.
     *
     * @return a new array of {@link #length} ids
     */
    public long[] ids() {
        return ids.clone();
    }

    /**
     * What a text encoder attends to.
     *
     * @return a new array of {@link #length}: 1 for each token, 0 for padding
     */
    public long[] attentionMask() {
        long[] mask = new long[ids.length];
        Arrays.fill(mask, 0, count, 1);
        return mask;
    }

    /**
     * Tokens and padding.
     *
     * @return how many
     */
    public int length() {
        return ids.length;
    }

    /**
     * Tokens without padding, special ones included.
     *
     * @return how many; they come first
     */
    public int count() {
        return count;
    }

    /**
     * Tokens of the text that did not fit.
     *
     * @return how many; 0 if the text is whole
     */
    public int dropped() {
        return dropped;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenIds that
                && that.count == count
                && that.dropped == dropped
                && Arrays.equals(that.ids, ids);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(ids) + count) + dropped;
    }

    /**
     * The tokens, for messages.
     *
     * @return for example {@code [49406, 320, 2368, 49407] + 73 padding, 0 dropped}
     */
    @Override
    public String toString() {
        return Arrays.toString(Arrays.copyOf(ids, count))
                + " + "
                + (ids.length - count)
                + " padding, "
                + dropped
                + " dropped";
    }
}
