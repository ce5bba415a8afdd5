package io.ella.encoders;

import io.ella.core.graph.Dim;
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
 * A language model in parts: a table of embeddings, equal layers, a last norm. The parts make one
 * graph, or one for all layers that is run with the weights of each.
 */
interface LayeredModel {
    /** Prompts in a batch. */
    Dim BATCH = Dim.symbol("B");

    /** Tokens in a prompt, padding included. */
    Dim LENGTH = Dim.symbol("L");

    /** {@return how messages call the model} */
    String name();

    /** {@return the width of the hidden states} */
    int width();

    /** {@return the rows of the table of embeddings} */
    int vocabulary();

    /** {@return how many tokens a prompt may have} */
    int maxLength();

    /** {@return how many layers there are} */
    int layers();

    /** {@return where the table of embeddings is among the parameters} */
    String embeddings();

    /**
     * {@return where a layer is among the parameters}
     *
     * @param index which, from 0
     */
    String layer(int index);

    /** {@return the inputs beside the ids, declared} */
    List<Value> declareInputs(Recorder g);

    /**
     * {@return values for these inputs, which the caller closes}
     *
     * @param torch where to
     * @param batch the prompts
     */
    List<Tensor> inputs(Torch torch, TokenBatch batch);

    /**
     * {@return what every layer is given beside the hidden state, from these inputs}
     *
     * @param p the root
     * @param inputs as declared
     */
    List<Value> shared(Params p, List<Value> inputs);

    /**
     * {@return the hidden state after one layer, FLOAT32 [B, L, width]}
     *
     * @param p the place of the layer
     * @param hidden FLOAT32 [B, L, width]
     * @param shared what {@link #shared} gave
     */
    Value layer(Params p, Value hidden, List<Value> shared);

    /**
     * {@return what is to be known of a layer beside the hidden state, an output after the
     * features; nothing of most}
     *
     * @param index which, from 0
     * @param p the place of the layer
     * @param hidden FLOAT32 [B, L, width], before the layer
     * @param shared what {@link #shared} gave
     */
    default Optional<Value> watched(int index, Params p, Value hidden, List<Value> shared) {
        return Optional.empty();
    }

    /**
     * {@return the features, [B, L, width]}
     *
     * @param p the root
     * @param hidden FLOAT32 [B, L, width], after all layers
     */
    Value last(Params p, Value hidden);

    /**
     * {@return under what name a source stores a parameter}
     *
     * @param source that may have been saved from the model alone or as part of a larger one
     */
    UnaryOperator<String> storedNames(WeightSource source);

    /**
     * {@return whether a stored parameter is of no use here, but normal in such a checkpoint}
     *
     * @param stored its name in the source
     */
    boolean ignorable(String stored);
}
