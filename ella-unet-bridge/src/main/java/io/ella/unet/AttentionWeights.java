package io.ella.unet;

import io.ella.core.EllaException;
import io.ella.core.graph.Dim;
import io.ella.core.graph.Params;
import io.ella.core.graph.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where some cross-attentions look: their weights, written out. */
final class AttentionWeights implements CrossAttentions {
    private final List<String> watched;
    private final Value context;
    private final Map<String, Value> weights = new HashMap<>();

    /**
     * @param watched names of cross-attentions
     * @param context what they attend to
     */
    AttentionWeights(List<String> watched, Value context) {
        this.watched = watched;
        this.context = context;
    }

    @Override
    public void recorded(Params at, Value x, int heads, Value heard) {
        if (watched.contains(at.toString())) {
            weights.put(at.toString(), weights(x, at, heads));
        }
    }

    /**
     * {@return how much each place attends to each token of the context, [B, H·W, S], the mean over
     * the heads}
     *
     * @param name of a cross-attention that is watched and was recorded
     */
    Value of(String name) {
        Value found = weights.get(name);
        if (found == null) {
            throw new EllaException(
                    "%s is no cross-attention of this network; those recorded are %s"
                            .formatted(name, weights.keySet()));
        }
        return found;
    }

    private Value weights(Value x, Params at, int heads) {
        long width = x.size(-1).constant();
        Dim[] split = {Dim.of(heads), Dim.of(width / heads)};
        Value q = x.linearNoBias(at.at("to_q"), width);
        Value k = context.linearNoBias(at.at("to_k"), width);
        q = q.reshape(x.size(0), x.size(1), split[0], split[1]).permute(0, 2, 1, 3);
        k = k.reshape(x.size(0), context.size(1), split[0], split[1]).permute(0, 2, 3, 1);
        Value scores = q.matmul(k).mul(1 / Math.sqrt((double) width / heads));
        return scores.toFloat32().softmax(-1).chunk(heads, 1).stream()
                .reduce(Value::add)
                .orElseThrow()
                .mul(1.0 / heads)
                .reshape(x.size(0), x.size(1), context.size(1));
    }
}
