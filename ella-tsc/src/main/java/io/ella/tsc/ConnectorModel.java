package io.ella.tsc;

import io.ella.core.graph.AttentionOptions;
import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Params;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * The networks of the four connectors (arXiv 2403.05135, section 3.1 and Table 6; {@code model.py}
 * of the official code for the published one).
 */
final class ConnectorModel {
    /** As in the official code. */
    private static final double ADALN_EPS = 1e-6;

    /** PyTorch's default, for the layer norms of the plain resampler. */
    private static final double LAYER_NORM_EPS = 1e-5;

    /** The feed-forward layer is this many times as wide as the queries. */
    private static final int EXPANSION = 4;

    private static final Dim T = Dim.symbol("T");
    private static final Dim B = Dim.symbol("B");
    private static final Dim L = Dim.symbol("L");

    private final TscConfig config;
    private final Dim width;

    /** Whether each row of the batch has a timestep of its own. */
    private final boolean paired;

    /** Whether the weights of the attention are wanted, which its fused form does not give. */
    private final boolean explicit;

    /** The weights of each block, the mean over the heads: [T·B, 1, N, N + L]. */
    private final List<Value> weights = new ArrayList<>();

    private ConnectorModel(TscConfig config, boolean paired, boolean explicit) {
        this.config = config;
        this.width = Dim.of(config.width());
        this.paired = paired;
        this.explicit = explicit;
    }

    static Graph record(TscConfig config, boolean paired) {
        ConnectorModel model = new ConnectorModel(config, paired, false);
        return Graph.record(
                "connector " + config.connector(), g -> g.output("queries", model.forward(g)));
    }

    static Graph recordAttention(TscConfig config) {
        ConnectorModel model = new ConnectorModel(config, false, true);
        return Graph.record(
                "attention of connector " + config.connector(),
                g -> {
                    Value queries = model.forward(g);
                    g.output("queries", queries);
                    List<Value> later = model.weights.subList(1, config.layers());
                    Value all = model.weights.get(0).concat(1, later.toArray(new Value[0]));
                    List<Dim> shape =
                            new ArrayList<>(queries.shape().subList(0, queries.rank() - 2));
                    shape.addAll(all.shape().subList(1, 4));
                    g.output("attention", all.reshape(shape.toArray(new Dim[0])));
                });
    }

    /**
     * {@return about how much memory one timestep of a call takes at most: queries and text at the
     * widest point of a block, and the scores where attention is not fused}
     */
    static long bytesPerTimestep(TscConfig config, long batch, long tokens, int elementBytes) {
        long queries = config.numLatents();
        long all = queries + tokens;
        long block = 5 * all * config.width() + (4 + 2 * EXPANSION) * queries * config.width();
        long scores = 2L * config.heads() * queries * all;
        return batch * (block + scores) * elementBytes;
    }

    private Value forward(Recorder g) {
        Value text = g.input("text", B, L, Dim.of(config.inputDim()));
        Params p = g.params().at("connector");
        return switch (config.connector()) {
            case MLP -> mlp(text, p.at("mlp"));
            case RESAMPLER -> resampler(text, p);
            case ADALN, ADALN_ZERO -> timeAware(text, time(g), p);
        };
    }

    private Value mlp(Value text, Params p) {
        return text.linear(p.at("c_fc"), width()).gelu().linear(p.at("c_proj"), width());
    }

    // ---- without time ----

    private Value resampler(Value text, Params p) {
        Value x = text.linear(p.at("proj_in"), width());
        Value latents = latents(p).unsqueeze(0).expand(B, Dim.of(config.numLatents()), width);
        for (int i = 0; i < config.layers(); i++) {
            latents = block(latents, x, p.at("perceiver_blocks", i));
        }
        return latents;
    }

    private Value block(Value latents, Value text, Params p) {
        Value queries = latents.layerNorm(p.at("ln_1"), LAYER_NORM_EPS);
        Value keys = text.layerNorm(p.at("ln_2"), LAYER_NORM_EPS);
        Value attended = latents.add(attention(queries, keys, p.at("attn")));
        Value normed = attended.layerNorm(p.at("ln_ff"), LAYER_NORM_EPS);
        return attended.add(feedForward(normed, p.at("mlp")));
    }

    // ---- with time ----

    /** SiLU of the time embedding, which is all that the blocks use of it: [T, E]. */
    private Value time(Recorder g) {
        Params p = g.params().at("time_embedding");
        long embed = config.timeEmbedDim();
        // The sinusoid is 32-bit in every precision: fp16 cannot tell large timesteps apart.
        return g.input("timesteps", ElementType.FLOAT32, paired ? B : T)
                .sinusoid(config.timeChannel(), true, 0)
                .toCompute()
                .linear(p.at("linear_1"), embed)
                .silu()
                .linear(p.at("linear_2"), embed)
                .silu();
    }

    /**
     * Latents are [T, B, N, W]; text is [1, B, L, W] until a block modulates it. In pairs it is [T,
     * 1, L, W] and latents are [T, 1, N, W].
     */
    private Value timeAware(Value text, Value time, Params p) {
        // Projection and norm of the text depend neither on the timestep nor on the block.
        Value x = text.linear(p.at("proj_in"), width()).layerNorm(ADALN_EPS);
        x = x.unsqueeze(paired ? 1 : 0);
        Dim queries = Dim.of(config.numLatents());
        Dim times = time.size(0);
        Value latents =
                latents(p)
                        .add(time.linear(p.at("time_aware_linear"), width()).unsqueeze(1))
                        .unsqueeze(1)
                        .expand(times, x.size(1), queries, width);
        for (int i = 0; i < config.layers(); i++) {
            latents = timeAwareBlock(latents, x, time, p.at("perceiver_blocks", i));
        }
        return paired ? latents.reshape(times, queries, width) : latents;
    }

    private Value timeAwareBlock(Value latents, Value text, Value time, Params p) {
        boolean gated = config.connector() == Connector.ADALN_ZERO;
        Modulation first = modulation(time, p.at("ln_1"), gated);
        Modulation second = modulation(time, p.at("ln_2"), false);
        Modulation third = modulation(time, p.at("ln_ff"), gated);
        Value queries = first.of(latents.layerNorm(ADALN_EPS));
        Value attention = attention(queries, second.of(text), p.at("attn"));
        Value attended = latents.add(first.gate(attention));
        Value normed = third.of(attended.layerNorm(ADALN_EPS));
        return attended.add(third.gate(feedForward(normed, p.at("mlp"))));
    }

    private Modulation modulation(Value time, Params p, boolean gated) {
        int parts = gated ? 3 : 2;
        Value all = time.linear(p.at("linear"), parts * width()).unsqueeze(1).unsqueeze(1);
        return new Modulation(all.chunk(parts, -1));
    }

    /**
     * What a timestep does to a normalized operand, and to the branch that it enters.
     *
     * @param parts shift, scale and, if the branch is gated, gate: [T, 1, 1, W]
     */
    private record Modulation(List<Value> parts) {
        Value of(Value normed) {
            return normed.mul(parts.get(1).add(1)).add(parts.get(0));
        }

        Value gate(Value branch) {
            return parts.size() > 2 ? branch.mul(parts.get(2)) : branch;
        }
    }

    // ---- both ----

    private Value latents(Params p) {
        return p.tensor("latents", config.numLatents(), width());
    }

    /** The queries attend to themselves and to the text. */
    private Value attention(Value queries, Value text, Params p) {
        long w = width();
        Value weight = p.tensor("in_proj_weight", 3 * w, w);
        Value bias = p.tensor("in_proj_bias", 3 * w);
        Value q = queries.linear(rows(weight, 0, w), rows(bias, 0, w));
        List<Value> kv =
                queries.concat(-2, text)
                        .linear(rows(weight, w, 2 * w), rows(bias, w, 2 * w))
                        .chunk(2, -1);
        Value attended =
                explicit
                        ? explicitAttention(flat(q), flat(kv.get(0)), flat(kv.get(1)))
                        : flat(q).attention(
                                        flat(kv.get(0)),
                                        flat(kv.get(1)),
                                        AttentionOptions.heads(config.heads()));
        return attended.reshape(queries.shape().toArray(new Dim[0]))
                .linear(p.at("out_proj"), width());
    }

    /** Attention step by step; keeps the weights. */
    private Value explicitAttention(Value queries, Value keys, Value values) {
        int heads = config.heads();
        double scale = 1 / Math.sqrt((double) width() / heads);
        Value scores = heads(queries).matmul(heads(keys).transpose(2, 3)).mul(scale);
        Value each = scores.softmax(3);
        List<Value> byHead = each.chunk(heads, 1);
        Value sum = byHead.get(0);
        for (Value head : byHead.subList(1, heads)) {
            sum = sum.add(head);
        }
        weights.add(sum.mul(1.0 / heads));
        return each.matmul(heads(values))
                .permute(0, 2, 1, 3)
                .reshape(queries.shape().toArray(new Dim[0]));
    }

    /** [B, L, heads·d] as [B, heads, L, d]. */
    private Value heads(Value x) {
        Dim each = Dim.of(width() / config.heads());
        return x.reshape(x.size(0), x.size(1), Dim.of(config.heads()), each).permute(0, 2, 1, 3);
    }

    private static Value rows(Value x, long start, long length) {
        return x.slice(0, Dim.of(start), Dim.of(length));
    }

    /** Timesteps and rows of the batch as one dimension. */
    private static Value flat(Value x) {
        return x.rank() == 3 ? x : x.reshape(x.size(0).times(x.size(1)), x.size(2), x.size(3));
    }

    private Value feedForward(Value x, Params p) {
        return x.linear(p.at("c_fc"), EXPANSION * width())
                .unary(Op.UnaryFunction.RELU)
                .unary(Op.UnaryFunction.SQUARE)
                .linear(p.at("c_proj"), width());
    }

    private long width() {
        return config.width();
    }
}
