package io.ella.encoders;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import java.util.Set;

/**
 * What a T5 encoder is made of, in the vocabulary of transformers' {@code config.json}. Immutable.
 *
 * @param vocabSize rows of the embedding table
 * @param dModel width of the features
 * @param dKv width of one attention head; need not be {@code dModel / numHeads}
 * @param dFf width inside the feed-forward layers
 * @param numLayers how many blocks
 * @param numHeads attention heads
 * @param feedForwardProj {@code relu} (T5 1.0), {@code gated-gelu} (T5 1.1, flan: GELU by its tanh
 *     approximation) or {@code gated-silu}
 * @param relativeAttentionNumBuckets distinct relative positions, both directions together
 * @param relativeAttentionMaxDistance from which on all distances count as one
 * @param layerNormEpsilon added to the mean square in the norms
 * @see <a href="https://arxiv.org/abs/1910.10683">Raffel et al. 2020, Exploring the Limits of
 *     Transfer Learning</a>
 */
public record T5Config(
        int vocabSize,
        int dModel,
        int dKv,
        int dFf,
        int numLayers,
        int numHeads,
        String feedForwardProj,
        int relativeAttentionNumBuckets,
        int relativeAttentionMaxDistance,
        double layerNormEpsilon) {

    private static final Set<String> FEED_FORWARDS = Set.of("relu", "gated-gelu", "gated-silu");

    /** Checks the sizes. */
    public T5Config {
        Sizes.positive("vocab_size", vocabSize);
        Sizes.positive("d_model", dModel);
        Sizes.positive("d_kv", dKv);
        Sizes.positive("d_ff", dFf);
        Sizes.positive("num_layers", numLayers);
        Sizes.positive("num_heads", numHeads);
        Sizes.epsilon("layer_norm_epsilon", layerNormEpsilon);
        if (!FEED_FORWARDS.contains(feedForwardProj)) {
            throw new EllaException(
                    "feed_forward_proj is \"%s\", supported are relu, gated-gelu and gated-silu"
                            .formatted(feedForwardProj));
        }
        if (relativeAttentionNumBuckets < 4
                || relativeAttentionMaxDistance <= relativeAttentionNumBuckets / 4) {
            throw new EllaException(
                    "relative_attention_num_buckets is %d and relative_attention_max_distance %d: at least 4, and more than a quarter of the buckets"
                            .formatted(relativeAttentionNumBuckets, relativeAttentionMaxDistance));
        }
    }

    /**
     * Reads a configuration; what is absent has transformers' default.
     *
     * @param config of {@code "model_type": "t5"}
     * @return the configuration
     * @throws EllaException if a setting is malformed or not supported
     */
    public static T5Config from(Config config) {
        config.supportsOnly("model_type", "\"t5\"");
        config.supportsOnly("is_decoder", "false");
        String feedForward = config.string("feed_forward_proj", "relu");
        if (feedForward.equals("gated-gelu")) {
            config.supportsOnly("dense_act_fn", "\"gelu_new\"");
        }
        return new T5Config(
                config.integer("vocab_size", 32128),
                config.integer("d_model", 512),
                config.integer("d_kv", 64),
                config.integer("d_ff", 2048),
                config.integer("num_layers", 6),
                config.integer("num_heads", 8),
                feedForward,
                config.integer("relative_attention_num_buckets", 32),
                config.integer("relative_attention_max_distance", 128),
                config.number("layer_norm_epsilon", 1e-6));
    }
}
