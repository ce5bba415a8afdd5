package io.ella.train;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import java.util.List;

/** What is to be learned, and from what. */
public interface TrainingTask {

    /** {@return what is computed; the first output is the loss, and every output is one number} */
    Graph graph();

    /**
     * {@return whether a parameter learns; all do unless a task says otherwise}
     *
     * @param parameter its name in the graph
     */
    default boolean learns(String parameter) {
        return true;
    }

    /**
     * Makes a batch. The same number gives the same batch, whatever was asked for before.
     *
     * @param torch where to
     * @param number from 0
     * @return values of the graph's inputs, in their order, which the caller closes
     */
    List<Tensor> batch(Torch torch, long number);
}
