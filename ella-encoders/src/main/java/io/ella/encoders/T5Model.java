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

    T5Model(T5Config config) {
        this.config = config;
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
        Value x = hidden.rmsNorm(p.at("layer_norm"), config.layerNormEpsilon());
        Params attention = p.at("SelfAttention");
        long inner = (long) config.numHeads() * config.dKv();
        Value q = x.linearNoBias(attention.at("q"), inner);
        Value k = x.linearNoBias(attention.at("k"), inner);
        Value v = x.linearNoBias(attention.at("v"), inner);
        // T5 does not scale the scores.
        AttentionOptions options =
                AttentionOptions.heads(config.numHeads()).withScale(1).withMask(bias);
        return q.attention(k, v, options)
                .linearNoBias(attention.at("o"), config.dModel())
                .clampFp16()
                .toFloat32();
    }

    @Override
    public Value scores(Params p, Value hidden, List<Value> shared) {
        Params at = p.at("layer.0");
        Value x = hidden.rmsNorm(at.at("layer_norm"), config.layerNormEpsilon());
        Params attention = at.at("SelfAttention");
        Dim one = Dim.of(1);
        Dim first = Dim.of(0);
        long inner = (long) config.numHeads() * config.dKv();
        Value q = x.linearNoBias(attention.at("q"), inner).slice(2, first, Dim.of(config.dKv()));
        Value k = x.linearNoBias(attention.at("k"), inner).slice(2, first, Dim.of(config.dKv()));
        Value bias = shared.get(0).slice(1, first, one);
        Value scores = q.matmul(k.transpose(1, 2));
        return scores.unsqueeze(1).add(bias).toFloat32().reshape(q.size(0), q.size(1), q.size(1));
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
