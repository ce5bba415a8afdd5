package io.ella.pipeline;

import io.ella.core.torch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What the U-Net attends to, for one prompt and one negative prompt, at each timestep of a
 * schedule.
 *
 * <p>The tensors stay owned by this.
 */
interface Conditioning extends AutoCloseable {

    /** {@return [1, S, C]} */
    Tensor context(double timestep);

    /** {@return [1, S', C]; S' may differ from S} */
    Tensor negativeContext(double timestep);

    /** {@return [1, P] (SDXL); null where the U-Net has none} */
    default @Nullable Tensor pooled() {
        return null;
    }

    /** {@return [1, P] (SDXL); null where the U-Net has none} */
    default @Nullable Tensor negativePooled() {
        return null;
    }

    /** {@return how many tokens of the prompt did not fit} */
    int dropped();

    @Override
    void close();
}
