package io.ella.encoders;

import io.ella.core.graph.AttentionOptions;
import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Params;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.WeightSource;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Llama without the language model's head, as transformers' {@code modeling_llama.py} has it; the
 * residual stream is in 32 bits whatever the precision.
 */
final class LlamaModel implements LayeredModel {
    private final LlamaConfig config;

    LlamaModel(LlamaConfig config) {
        this.config = config;
    }

    @Override
    public String name() {
        return "Llama";
    }

    @Override
    public int width() {
        return config.hiddenSize();
    }

    @Override
    public int vocabulary() {
        return config.vocabSize();
    }

    @Override
    public int maxLength() {
        return config.maxPositionEmbeddings();
    }

    @Override
    public int layers() {
        return config.numHiddenLayers();
    }

    @Override
    public String embeddings() {
        return "embed_tokens";
    }

    @Override
    public String layer(int index) {
        return "layers." + index;
    }

    @Override
    public List<Value> declareInputs(Recorder g) {
        Dim head = Dim.of(config.headDim());
        return List.of(
                g.input("mask", ElementType.BOOL, BATCH, Dim.of(1), LENGTH, LENGTH),
                g.input("cos", LENGTH, head),
                g.input("sin", LENGTH, head));
    }

    @Override
    public List<Tensor> inputs(Torch torch, TokenBatch batch) {
        int length = batch.length();
        int head = config.headDim();
        float[] cos = new float[length * head];
        float[] sin = new float[length * head];
        for (int i = 0; i < cos.length; i++) {
            float angle = angle(i / head, i % head);
            cos[i] = (float) Math.cos(angle);
            sin[i] = (float) Math.sin(angle);
        }
        return List.of(
                torch.tensor(mask(batch), batch.size(), 1, length, length),
                torch.tensor(cos, length, head),
                torch.tensor(sin, length, head));
    }

    /** Rounded to 32 bits after each operation, as in the reference: angles are large. */
    private float angle(int position, int channel) {
        int half = config.headDim() / 2;
        float exponent = (float) (2 * (channel % half)) / config.headDim();
        float frequency = 1 / (float) Math.pow(config.ropeTheta(), exponent);
        return position * frequency;
    }

    /** A position sees the tokens up to itself; padding that would see nothing sees itself. */
    private static boolean[] mask(TokenBatch batch) {
        int length = batch.length();
        boolean[] mask = new boolean[Math.multiplyExact(batch.size() * length, length)];
        for (int b = 0; b < batch.size(); b++) {
            boolean any = false;
            for (int query = 0; query < length; query++) {
                int row = (b * length + query) * length;
                for (int key = 0; key <= query; key++) {
                    mask[row + key] = batch.isToken(b, key);
                }
                any |= batch.isToken(b, query);
                mask[row + query] |= !any;
            }
        }
        return mask;
    }

    @Override
    public List<Value> shared(Params p, List<Value> inputs) {
        return inputs;
    }

    @Override
    public Value layer(Params p, Value hidden, List<Value> shared) {
        Value x = hidden.rmsNorm(p.at("input_layernorm"), config.rmsNormEps());
        Value attended = hidden.add(attention(p.at("self_attn"), x, shared).toFloat32());
        Value y = attended.rmsNorm(p.at("post_attention_layernorm"), config.rmsNormEps());
        return attended.add(feedForward(p.at("mlp"), y).toFloat32());
    }

    private Value attention(Params p, Value x, List<Value> shared) {
        Value cos = shared.get(1);
        Value sin = shared.get(2);
        int heads = config.numAttentionHeads();
        int kvHeads = config.numKeyValueHeads();
        boolean bias = config.attentionBias();
        long width = config.headDim();
        Value q = linear(x, p.at("q_proj"), heads * width, bias).rope(cos, sin, heads);
        Value k = linear(x, p.at("k_proj"), kvHeads * width, bias).rope(cos, sin, kvHeads);
        Value v = linear(x, p.at("v_proj"), kvHeads * width, bias);
        AttentionOptions options =
                AttentionOptions.heads(heads).withKvHeads(kvHeads).withMask(shared.get(0));
        return linear(q.attention(k, v, options), p.at("o_proj"), config.hiddenSize(), bias);
    }

    private Value feedForward(Params p, Value x) {
        boolean bias = config.mlpBias();
        int inner = config.intermediateSize();
        Value gate = linear(x, p.at("gate_proj"), inner, bias).silu();
        Value up = linear(x, p.at("up_proj"), inner, bias);
        return linear(gate.mul(up), p.at("down_proj"), config.hiddenSize(), bias);
    }

    private static Value linear(Value x, Params p, long out, boolean bias) {
        return bias ? x.linear(p, out) : x.linearNoBias(p, out);
    }

    @Override
    public Value last(Params p, Value hidden) {
        return hidden.rmsNorm(p.at("norm"), config.rmsNormEps());
    }

    @Override
    public UnaryOperator<String> storedNames(WeightSource source) {
        String prefix = source.find("model.embed_tokens.weight").isPresent() ? "model." : "";
        return name -> prefix + name;
    }

    @Override
    public boolean ignorable(String stored) {
        return stored.startsWith("lm_head.") || stored.endsWith(".rotary_emb.inv_freq");
    }
}
