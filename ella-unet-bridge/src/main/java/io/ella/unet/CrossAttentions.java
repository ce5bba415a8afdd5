package io.ella.unet;

import io.ella.core.graph.Params;
import io.ella.core.graph.Value;

/** Told of every cross-attention of a network as it is recorded, in the network's order. */
@FunctionalInterface
interface CrossAttentions {
    /** For who wants to know nothing. */
    CrossAttentions UNOBSERVED = (at, x, heads, heard) -> {};

    /**
     * A cross-attention has been recorded.
     *
     * @param at its weights
     * @param x what it makes its queries of, [B, H·W, C]
     * @param heads how many it has
     * @param heard what it adds to the features, [B, H·W, C]
     */
    void recorded(Params at, Value x, int heads, Value heard);
}
