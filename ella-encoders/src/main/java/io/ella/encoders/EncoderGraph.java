package io.ella.encoders;

import io.ella.core.EllaException;
import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/**
 * A text encoder as a graph to train, or to be a part of one: from token ids to features. To use a
 * trained one, open a {@link TextEncoder} or {@link ClipTextEncoder}.
 *
 * <p>Immutable and thread-safe.
 */
public final class EncoderGraph {
    private final String name;
    private final Graph graph;
    private final int vocabulary;
    private final int maxLength;
    private final BiFunction<Torch, TokenBatch, List<Tensor>> others;

    private EncoderGraph(
            String name,
            Graph graph,
            int vocabulary,
            int maxLength,
            BiFunction<Torch, TokenBatch, List<Tensor>> others) {
        this.name = name;
        this.graph = graph;
        this.vocabulary = vocabulary;
        this.maxLength = maxLength;
        this.others = others;
    }

    /**
     * {@return the encoder of T5; its one output is the last hidden state [B, L, dModel]}
     *
     * @param config what the model is made of
     */
    public static EncoderGraph of(T5Config config) {
        return of(config, List.of());
    }

    /**
     * {@return the same; further outputs are, for each block that is watched, in their order, how
     * its first head compares queries with keys, before the softmax, FLOAT32 [B, L, L]}
     *
     * @param config what the model is made of
     * @param watched numbers of blocks, from 0
     * @throws EllaException if there is no such block
     */
    public static EncoderGraph of(T5Config config, List<Integer> watched) {
        watched.forEach(block -> requireBlock(config, block));
        return of(new T5Model(config, watched));
    }

    private static void requireBlock(T5Config config, int block) {
        if (block < 0 || block >= config.numLayers()) {
            throw new EllaException(
                    "Block %d is to be watched, but this T5 has blocks 0 to %d"
                            .formatted(block, config.numLayers() - 1));
        }
    }

    /**
     * {@return Llama without its head; its one output is the last hidden state, after the final
     * norm, [B, L, hiddenSize]}
     *
     * @param config what the model is made of
     */
    public static EncoderGraph of(LlamaConfig config) {
        return of(new LlamaModel(config));
    }

    /**
     * {@return the text encoder of CLIP; its first output is the last hidden state, after the final
     * norm, [B, L, hiddenSize]}
     *
     * @param config what the model is made of
     */
    public static EncoderGraph of(ClipTextConfig config) {
        return new EncoderGraph(
                "CLIP text encoder",
                new ClipTextModel(config).graph(),
                config.vocabSize(),
                config.maxPositionEmbeddings(),
                (torch, batch) -> {
                    long[] ends = new long[batch.size()];
                    Arrays.setAll(ends, i -> (long) (i + 1) * batch.length() - 1);
                    return List.of(torch.tensor(ends, batch.size()));
                });
    }

    private static EncoderGraph of(LayeredModel model) {
        return new EncoderGraph(
                model.name(),
                ResidentStack.graph(model),
                model.vocabulary(),
                model.maxLength(),
                model::inputs);
    }

    /** {@return the graph; its first input is {@code ids}, INT64 [B, L]} */
    public Graph graph() {
        return graph;
    }

    /**
     * {@return the values of the graph's inputs for a batch of prompts, which the caller closes}
     *
     * @param torch where to
     * @param ids token ids, [B, L]
     * @param mask 1 where there is a token, 0 where padding, [B, L]
     * @throws EllaException if the batch is empty or ragged, or an id is not in the vocabulary
     */
    public List<Tensor> inputs(Torch torch, long[][] ids, long[][] mask) {
        TokenBatch batch = TokenBatch.of(name, ids, mask, vocabulary, maxLength);
        List<Tensor> inputs = new ArrayList<>();
        inputs.add(torch.tensor(batch.flatIds(), batch.size(), batch.length()));
        inputs.addAll(others.apply(torch, batch));
        return inputs;
    }
}
