package io.ella.encoders;

import io.ella.core.torch.Tensor;
import java.util.List;

/** A {@link LayeredModel} with its weights. */
interface LayerStack extends AutoCloseable {

    /**
     * {@return the features, [B, L, width], which the caller closes}
     *
     * @param batch the prompts
     * @param inputs the model's own for them; they stay the caller's
     */
    Tensor run(TokenBatch batch, List<Tensor> inputs);

    /** Frees the weights and closes their source. */
    @Override
    void close();
}
