package io.ella.encoders;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import java.util.List;

/**
 * What a Llama model is made of, in the vocabulary of transformers' {@code config.json}. Immutable.
 *
 * @param vocabSize rows of the embedding table
 * @param hiddenSize width of the features
 * @param intermediateSize width inside the feed-forward layers
 * @param numHiddenLayers how many layers
 * @param numAttentionHeads heads of the queries
 * @param numKeyValueHeads heads of keys and values; divides {@code numAttentionHeads}
 * @param headDim width of one head, even
 * @param maxPositionEmbeddings tokens that the model was made for, at most
 * @param rmsNormEps added to the mean square in the norms
 * @param ropeTheta base of the rotary frequencies
 * @param attentionBias whether the projections of the attention have biases
 * @param mlpBias whether the projections of the feed-forward layers have biases
 * @see <a href="https://arxiv.org/abs/2307.09288">Touvron et al. 2023, Llama 2</a>
 */
public record LlamaConfig(
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int numKeyValueHeads,
        int headDim,
        int maxPositionEmbeddings,
        double rmsNormEps,
        double ropeTheta,
        boolean attentionBias,
        boolean mlpBias) {

    /** Checks the sizes. */
    public LlamaConfig {
        Sizes.positive("vocab_size", vocabSize);
        Sizes.positive("hidden_size", hiddenSize);
        Sizes.positive("intermediate_size", intermediateSize);
        Sizes.positive("num_hidden_layers", numHiddenLayers);
        Sizes.positive("num_attention_heads", numAttentionHeads);
        Sizes.positive("num_key_value_heads", numKeyValueHeads);
        Sizes.positive("head_dim", headDim);
        Sizes.positive("max_position_embeddings", maxPositionEmbeddings);
        Sizes.epsilon("rms_norm_eps", rmsNormEps);
        Sizes.divides(
                "num_key_value_heads", numKeyValueHeads, "num_attention_heads", numAttentionHeads);
        Sizes.divides("2", 2, "head_dim", headDim);
        if (!(ropeTheta > 1) || Double.isInfinite(ropeTheta)) {
            throw new EllaException("rope_theta is " + ropeTheta + ", it must be more than 1");
        }
    }

    /**
     * Reads a configuration; what is absent has transformers' default.
     *
     * @param config of {@code "model_type": "llama"}
     * @return the configuration
     * @throws EllaException if a setting is malformed or not supported, such as scaled rotary
     *     embeddings
     */
    public static LlamaConfig from(Config config) {
        config.supportsOnly("model_type", "\"llama\"");
        config.supportsOnly("hidden_act", "\"silu\"");
        int hidden = config.integer("hidden_size", 4096);
        int heads = config.integer("num_attention_heads", 32);
        Sizes.positive("num_attention_heads", heads);
        if (!config.has("head_dim")) {
            Sizes.divides("num_attention_heads", heads, "hidden_size", hidden);
        }
        return new LlamaConfig(
                config.integer("vocab_size", 32000),
                hidden,
                config.integer("intermediate_size", 11008),
                config.integer("num_hidden_layers", 32),
                heads,
                config.integer("num_key_value_heads", heads),
                config.integer("head_dim", hidden / heads),
                config.integer("max_position_embeddings", 2048),
                config.number("rms_norm_eps", 1e-6),
                ropeTheta(config),
                config.bool("attention_bias", false),
                config.bool("mlp_bias", false));
    }

    /** From where any version of transformers writes it; a rescaled embedding is refused. */
    private static double ropeTheta(Config config) {
        double theta = config.number("rope_theta", 10000);
        for (String key : List.of("rope_parameters", "rope_scaling")) {
            if (config.has(key)) {
                Config rope = config.object(key);
                rope.supportsOnly("rope_type", "\"default\"");
                rope.supportsOnly("type", "\"default\"");
                theta = rope.number("rope_theta", theta);
            }
        }
        return theta;
    }
}
