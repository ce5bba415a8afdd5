package io.ella.encoders;

import io.ella.core.graph.AttentionOptions;
import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Op;
import io.ella.core.graph.Params;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.WeightSource;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The encoder of T5, as transformers' {@code modeling_t5.py} has it.
 *
 * <p>The residual stream and {@code wo} are in 32 bits whatever the precision, which is what
 * transformers does when it loads a T5 in fp16.
 */
final class T5Model implements LayeredModel {
    private static final String TABLE = "shared.weight";
    private static final String TABLE_OF_ENCODER = "encoder.embed_tokens.weight";

    private final T5Config config;
    private final List<Integer> watched;

    T5Model(T5Config config) {
        this(config, List.of());
    }

    /**
     * As {@link #T5Model(T5Config)}.
     *
     * @param watched blocks of which the first head's scores are outputs
     */
    T5Model(T5Config config, List<Integer> watched) {
        this.config = config;
        this.watched = List.copyOf(watched);
    }

    @Override
    public String name() {
        return "T5 encoder";
    }

    @Override
    public int width() {
        return config.dModel();
    }

    @Override
    public int vocabulary() {
        return config.vocabSize();
    }

    /** Positions are relative, so the model has no limit; memory has, at the square of this. */
    @Override
    public int maxLength() {
        return 1 << 14;
    }

    @Override
    public int layers() {
        return config.numLayers();
    }

    @Override
    public String embeddings() {
        return "shared";
    }

    @Override
    public String layer(int index) {
        return "encoder.block." + index;
    }

    @Override
    public List<Value> declareInputs(Recorder g) {
        Dim one = Dim.of(1);
        return List.of(
                g.input("buckets", ElementType.INT64, LENGTH, LENGTH),
                g.input("mask", ElementType.BOOL, BATCH, one, one, LENGTH));
    }

    @Override
    public List<Tensor> inputs(Torch torch, TokenBatch batch) {
        int length = batch.length();
        boolean[] mask = new boolean[batch.size() * length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = batch.isToken(i / length, i % length);
        }
        return List.of(
                torch.tensor(buckets(length), length, length),
                torch.tensor(mask, batch.size(), 1, 1, length));
    }

    /** The bucket of each pair of positions, [query, key]. */
    private long[] buckets(int length) {
        long[] buckets = new long[Math.multiplyExact(length, length)];
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] =
                    bucket(
                            i % length - i / length,
                            config.relativeAttentionNumBuckets(),
                            config.relativeAttentionMaxDistance());
        }
        return buckets;
    }

    /**
     * Small distances have a bucket each, larger ones share on a logarithmic scale; half of the
     * buckets are for each direction. In 32 bits like the reference: bucket limits depend on it.
     */
    static int bucket(int keyMinusQuery, int buckets, int maxDistance) {
        int half = buckets / 2;
        int exact = half / 2;
        int distance = Math.abs(keyMinusQuery);
        int offset = keyMinusQuery > 0 ? half : 0;
        if (distance < exact) {
            return offset + distance;
        }
        float log = (float) Math.log((float) distance / exact);
        float fraction = log / (float) Math.log((double) maxDistance / exact);
        return offset + Math.min(half - 1, exact + (int) (fraction * (half - exact)));
    }

    /** The bias of the scores, [B, heads, L, L]: the first block's, used by all. */
    @Override
    public List<Value> shared(Params p, List<Value> inputs) {
        Params table = p.at(layer(0) + ".layer.0.SelfAttention.relative_attention_bias");
        Value bias =
                inputs.get(0)
                        .embedding(table, config.relativeAttentionNumBuckets(), config.numHeads());
        return List.of(bias.permute(2, 0, 1).unsqueeze(0).maskOut(inputs.get(1)));
    }

    @Override
    public Value layer(Params p, Value hidden, List<Value> shared) {
        Value attended = hidden.add(attention(p.at("layer.0"), hidden, shared.get(0)));
        return attended.add(feedForward(p.at("layer.1"), attended));
    }

    private Value attention(Params p, Value hidden, Value bias) {
        Compared c = compared(p, hidden);
        long inner = (long) config.numHeads() * config.dKv();
        Params attention = p.at("SelfAttention");
        Value v = c.normed.linearNoBias(attention.at("v"), inner);
        // T5 does not scale the scores.
        AttentionOptions options =
                AttentionOptions.heads(config.numHeads()).withScale(1).withMask(bias);
        return c.queries
                .attention(c.keys, v, options)
                .linearNoBias(attention.at("o"), config.dModel())
                .clampFp16()
                .toFloat32();
    }

    /** What attention compares, and what both come from. */
    private record Compared(Value normed, Value queries, Value keys) {}

    private Compared compared(Params p, Value hidden) {
        Value x = hidden.rmsNorm(p.at("layer_norm"), config.layerNormEpsilon());
        Params attention = p.at("SelfAttention");
        long inner = (long) config.numHeads() * config.dKv();
        return new Compared(
                x,
                x.linearNoBias(attention.at("q"), inner),
                x.linearNoBias(attention.at("k"), inner));
    }

    /** How the first head compares queries with keys, before the softmax, FLOAT32 [B, L, L]. */
    @Override
    public Optional<Value> watched(int index, Params p, Value hidden, List<Value> shared) {
        if (!watched.contains(index)) {
            return Optional.empty();
        }
        Compared c = compared(p.at("layer.0"), hidden);
        Dim first = Dim.of(0);
        Value q = c.queries.slice(2, first, Dim.of(config.dKv()));
        Value k = c.keys.slice(2, first, Dim.of(config.dKv()));
        Value bias = shared.get(0).slice(1, first, Dim.of(1));
        Value scores = q.matmul(k.transpose(1, 2)).unsqueeze(1).add(bias).toFloat32();
        return Optional.of(scores.reshape(q.size(0), q.size(1), q.size(1)));
    }

    private Value feedForward(Params p, Value hidden) {
        Value x = hidden.rmsNorm(p.at("layer_norm"), config.layerNormEpsilon());
        Params dense = p.at("DenseReluDense");
        Value inner =
                switch (config.feedForwardProj()) {
                    case "gated-gelu" -> gated(x, dense, Op.UnaryFunction.GELU_TANH);
                    case "gated-silu" -> gated(x, dense, Op.UnaryFunction.SILU);
                    default ->
                            x.linearNoBias(dense.at("wi"), config.dFf())
                                    .unary(Op.UnaryFunction.RELU)
                                    .toFloat32();
                };
        return inner.linear(dense.at("wo").tensorFloat32("weight", config.dModel(), config.dFf()));
    }

    /** The product may leave the range of fp16, so it is taken in 32 bits. */
    private Value gated(Value x, Params dense, Op.UnaryFunction activation) {
        Value gate = x.linearNoBias(dense.at("wi_0"), config.dFf()).unary(activation);
        Value up = x.linearNoBias(dense.at("wi_1"), config.dFf());
        return gate.toFloat32().mul(up.toFloat32());
    }

    @Override
    public Value last(Params p, Value hidden) {
        return hidden.rmsNorm(p.at("encoder.final_layer_norm"), config.layerNormEpsilon());
    }

    @Override
    public UnaryOperator<String> storedNames(WeightSource source) {
        boolean aliased = source.find(TABLE).isEmpty() && source.find(TABLE_OF_ENCODER).isPresent();
        return name -> aliased && name.equals(TABLE) ? TABLE_OF_ENCODER : name;
    }

    @Override
    public boolean ignorable(String stored) {
        return stored.startsWith("decoder.")
                || stored.startsWith("lm_head.")
                || stored.equals(TABLE)
                || stored.equals(TABLE_OF_ENCODER);
    }
}
