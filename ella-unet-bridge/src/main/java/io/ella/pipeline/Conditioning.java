package io.ella.pipeline;

import io.ella.core.torch.Tensor;
import java.util.Optional;

/** What the U-Net attends to for one prompt. The tensors stay owned by this. */
interface Conditioning extends AutoCloseable {

    /** {@return [1, S, C], for a timestep of the schedule} */
    Tensor context(double timestep);

    /** {@return [1, P]; empty where the U-Net takes none (all but SDXL)} */
    default Optional<Tensor> pooled() {
        return Optional.empty();
    }

    /** {@return how many tokens of the prompt did not fit} */
    int dropped();

    @Override
    void close();

    /** The same context at every timestep. */
    record Constant(Tensor context, Optional<Tensor> pooled, int dropped) implements Conditioning {
        @Override
        public Tensor context(double timestep) {
            return context;
        }

        @Override
        public void close() {
            context.close();
            pooled.ifPresent(Tensor::close);
        }
    }
}
