package io.ella.encoders;

import io.ella.core.graph.AttentionOptions;
import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Params;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import io.ella.core.weights.WeightSource;
import java.util.List;
import java.util.function.UnaryOperator;

/** The text encoder of CLIP, as transformers' {@code modeling_clip.py} has it. */
final class ClipTextModel {
    private static final String PREFIX = "text_model.";
    private static final String TABLE = "embeddings.token_embedding.weight";
    private static final Dim BATCH = Dim.symbol("B");
    private static final Dim LENGTH = Dim.symbol("L");

    private final ClipTextConfig config;

    ClipTextModel(ClipTextConfig config) {
        this.config = config;
    }

    /**
     * {@return from ids and, for each prompt, the number of the row where it ends among those of
     * the whole batch, to hidden, penultimate, pooled and, if any, projected}
     */
    Graph graph() {
        return Graph.record("CLIP text encoder", this::forward);
    }

    private void forward(Recorder g) {
        Value ids = g.input("ids", ElementType.INT64, BATCH, LENGTH);
        Value ends = g.input("ends", ElementType.INT64, BATCH);
        Params p = hasProjection() ? g.params().at("text_model") : g.params();
        Value x = embed(ids, p.at("embeddings"));
        Value penultimate = x;
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            penultimate = x;
            x = layer(x, p.at("encoder.layers", i));
        }
        Value hidden = x.layerNorm(p.at("final_layer_norm"), config.layerNormEps());
        Dim width = Dim.of(config.hiddenSize());
        Value pooled = ends.embedding(hidden.reshape(BATCH.times(LENGTH), width));
        g.output("hidden", hidden);
        g.output("penultimate", penultimate);
        g.output("pooled", pooled);
        if (hasProjection()) {
            Params projection = g.params().at("text_projection");
            g.output("projected", pooled.linearNoBias(projection, config.projectionDim()));
        }
    }

    private Value embed(Value ids, Params p) {
        long width = config.hiddenSize();
        Value positions =
                p.at("position_embedding")
                        .tensor("weight", config.maxPositionEmbeddings(), width)
                        .slice(0, Dim.of(0), LENGTH);
        return ids.embedding(p.at("token_embedding"), config.vocabSize(), width).add(positions);
    }

    private Value layer(Value x, Params p) {
        Value attended =
                x.add(attention(x.layerNorm(p.at("layer_norm1"), eps()), p.at("self_attn")));
        Value inner =
                attended.layerNorm(p.at("layer_norm2"), eps())
                        .linear(p.at("mlp.fc1"), config.intermediateSize())
                        .unary(activation());
        return attended.add(inner.linear(p.at("mlp.fc2"), config.hiddenSize()));
    }

    private Value attention(Value x, Params p) {
        long width = config.hiddenSize();
        Value q = x.linear(p.at("q_proj"), width);
        Value k = x.linear(p.at("k_proj"), width);
        Value v = x.linear(p.at("v_proj"), width);
        // Causal, and padding is attended to: the models were trained so.
        AttentionOptions options = AttentionOptions.heads(config.numAttentionHeads()).withCausal();
        return q.attention(k, v, options).linear(p.at("out_proj"), width);
    }

    private double eps() {
        return config.layerNormEps();
    }

    private Op.UnaryFunction activation() {
        return config.hiddenAct().equals("gelu")
                ? Op.UnaryFunction.GELU
                : Op.UnaryFunction.QUICK_GELU;
    }

    private boolean hasProjection() {
        return config.projectionDim() > 0;
    }

    /**
     * {@return under what name a source stores a parameter} Whether {@code text_model.} stands
     * before the names differs between versions of transformers.
     */
    UnaryOperator<String> storedNames(WeightSource source) {
        boolean prefixed = source.find(PREFIX + TABLE).isPresent();
        boolean bare = source.find(TABLE).isPresent();
        if (!prefixed && !bare) {
            return name -> name;
        }
        String prefix = prefixed ? PREFIX : "";
        return name -> {
            String own = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
            return own.startsWith("text_projection.") ? own : prefix + own;
        };
    }

    /** {@return whether a stored parameter is of no use here, but normal in such a checkpoint} */
    static boolean ignorable(String stored) {
        return stored.endsWith("position_ids")
                || stored.equals("logit_scale")
                || List.of("vision_model.", "visual_projection.", "text_projection.").stream()
                        .anyMatch(stored::startsWith);
    }
}
