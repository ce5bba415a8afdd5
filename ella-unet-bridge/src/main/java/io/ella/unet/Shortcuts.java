package io.ella.unet;

/**
 * What a graph of the U-Net leaves out, so that a run is faster and its image another one.
 *
 * @param features which part of the network is computed
 * @param mergesTokens whether self-attention on the outermost level that has it reads the mean of
 *     each 2×2 tokens in place of the tokens: a quarter of the keys and values (token merging,
 *     Bolya and Hoffman 2023, arXiv 2303.17604, with neighbours in place of the most similar, as in
 *     Smith et al. 2024, arXiv 2402.13573)
 */
public record Shortcuts(DeepFeatures features, boolean mergesTokens) {
    /** Nothing is left out. */
    public static final Shortcuts NONE = new Shortcuts(DeepFeatures.NONE, false);
}
