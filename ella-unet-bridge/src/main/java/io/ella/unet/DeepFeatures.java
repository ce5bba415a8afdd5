package io.ella.unet;

/**
 * Which part of the U-Net a graph computes, when a run computes the deep part at some steps only
 * (DeepCache, Ma et al. 2023, arXiv 2312.00858).
 */
public enum DeepFeatures {
    /** The whole network. */
    NONE,
    /**
     * The whole network, with a second output: {@code deep}, what enters the outermost block of the
     * way up, in 32 bits.
     */
    KEPT,
    /** The outermost blocks alone; {@code deep}, of an earlier step, is the last input. */
    GIVEN
}
