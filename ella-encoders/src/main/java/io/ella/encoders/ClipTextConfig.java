package io.ella.encoders;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import java.util.Set;

/**
 * What a CLIP text encoder is made of, in the vocabulary of transformers' {@code config.json}.
 * Immutable.
 *
 * @param vocabSize rows of the embedding table
 * @param hiddenSize width of the hidden states
 * @param intermediateSize width inside the feed-forward layers
 * @param numHiddenLayers how many layers
 * @param numAttentionHeads attention heads; divides {@code hiddenSize}
 * @param maxPositionEmbeddings tokens, at most; 77 in every published model
 * @param hiddenAct {@code quick_gelu} (CLIP-L) or {@code gelu} (OpenCLIP's)
 * @param layerNormEps added to the variance in the norms
 * @param eosTokenId whose first occurrence is where the hidden states are pooled; 2, as old files
 *     have it, stands for the largest id of a prompt
 * @param projectionDim width of the projected embedding, 0 if the model has no projection
 * @see <a href="https://arxiv.org/abs/2103.00020">Radford et al. 2021, Learning Transferable Visual
 *     Models</a>
 */
public record ClipTextConfig(
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int maxPositionEmbeddings,
        String hiddenAct,
        double layerNormEps,
        int eosTokenId,
        int projectionDim) {

    /** The value that stood in the files before transformers 4.31, whatever the tokenizer has. */
    static final int LEGACY_EOS = 2;

    private static final Set<String> ACTIVATIONS = Set.of("quick_gelu", "gelu");

    /** Checks the sizes. */
    public ClipTextConfig {
        Sizes.positive("vocab_size", vocabSize);
        Sizes.positive("hidden_size", hiddenSize);
        Sizes.positive("intermediate_size", intermediateSize);
        Sizes.positive("num_hidden_layers", numHiddenLayers);
        Sizes.positive("num_attention_heads", numAttentionHeads);
        Sizes.positive("max_position_embeddings", maxPositionEmbeddings);
        Sizes.epsilon("layer_norm_eps", layerNormEps);
        Sizes.divides("num_attention_heads", numAttentionHeads, "hidden_size", hiddenSize);
        if (!ACTIVATIONS.contains(hiddenAct)) {
            throw new EllaException(
                    "hidden_act is \"%s\", supported are quick_gelu and gelu".formatted(hiddenAct));
        }
        if (projectionDim < 0) {
            throw new EllaException("projection_dim is " + projectionDim + ", below 0");
        }
    }

    /**
     * Reads a configuration; what is absent has transformers' default. The model has a projection
     * if {@code architectures} names {@code CLIPTextModelWithProjection}: {@code projection_dim}
     * stands in every file.
     *
     * @param config of a text encoder, or of a whole CLIP model, whose {@code text_config} is read
     * @return the configuration
     * @throws EllaException if a setting is malformed or not supported
     */
    public static ClipTextConfig from(Config config) {
        if (config.has("text_config")) {
            return from(config.object("text_config"));
        }
        config.supportsOnly("model_type", "\"clip_text_model\"");
        boolean projected =
                config.has("architectures")
                        && config.strings("architectures").contains("CLIPTextModelWithProjection");
        return new ClipTextConfig(
                config.integer("vocab_size", 49408),
                config.integer("hidden_size", 512),
                config.integer("intermediate_size", 2048),
                config.integer("num_hidden_layers", 12),
                config.integer("num_attention_heads", 8),
                config.integer("max_position_embeddings", 77),
                config.string("hidden_act", "quick_gelu"),
                config.number("layer_norm_eps", 1e-5),
                config.integer("eos_token_id", 49407),
                projected ? config.integer("projection_dim", 512) : 0);
    }

    /**
     * {@return the same with another projection}
     *
     * @param width of the projected embedding, 0 for none
     */
    public ClipTextConfig withProjection(int width) {
        return new ClipTextConfig(
                vocabSize,
                hiddenSize,
                intermediateSize,
                numHiddenLayers,
                numAttentionHeads,
                maxPositionEmbeddings,
                hiddenAct,
                layerNormEps,
                eosTokenId,
                width);
    }
}
