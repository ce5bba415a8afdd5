package io.ella.core.graph;

import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How {@link Value#attention} attends.
 *
 * @param heads heads of the queries
 * @param kvHeads heads of keys and values; fewer than {@code heads} in grouped-query attention
 * @param scale of the scores; 1/√(head width) when empty
 * @param causal whether a position sees only itself and what is before it
 * @param mask broadcastable to [B, heads, L, S]: BOOL, true where attended, or a summand to the
 *     scores
 */
public record AttentionOptions(
        int heads, int kvHeads, OptionalDouble scale, boolean causal, @Nullable Value mask) {

    /**
     * {@return plain multi-head attention}
     *
     * @param heads how many
     */
    public static AttentionOptions heads(int heads) {
        return new AttentionOptions(heads, heads, OptionalDouble.empty(), false, null);
    }

    /**
     * {@return the same with fewer heads of keys and values}
     *
     * @param count how many; divides the heads of the queries
     */
    public AttentionOptions withKvHeads(int count) {
        return new AttentionOptions(heads, count, scale, causal, mask);
    }

    /**
     * {@return the same with another scale of the scores}
     *
     * @param factor the scale
     */
    public AttentionOptions withScale(double factor) {
        return new AttentionOptions(heads, kvHeads, OptionalDouble.of(factor), causal, mask);
    }

    /** {@return the same, each position seeing only itself and what is before it} */
    public AttentionOptions withCausal() {
        return new AttentionOptions(heads, kvHeads, scale, true, mask);
    }

    /**
     * {@return the same with a mask}
     *
     * @param value broadcastable to [B, heads, L, S]
     */
    public AttentionOptions withMask(@Nullable Value value) {
        return new AttentionOptions(heads, kvHeads, scale, causal, value);
    }
}
