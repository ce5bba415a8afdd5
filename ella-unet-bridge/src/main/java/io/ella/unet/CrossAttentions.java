package io.ella.unet;

import io.ella.core.graph.Params;
import io.ella.core.graph.Value;

/** Told of every cross-attention of a network as it is recorded, in the network's order. */
@FunctionalInterface
interface CrossAttentions {
    /** For who wants to know nothing. */
    CrossAttentions UNOBSERVED = (at, x, heads) -> {};

    /**
     * A cross-attention is about to be recorded.
     *
     * @param at its weights
     * @param x what it makes its queries of, [B, H·W, C]
     * @param heads how many it has
     */
    void recorded(Params at, Value x, int heads);
}
