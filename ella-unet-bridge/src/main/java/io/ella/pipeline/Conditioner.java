package io.ella.pipeline;

import io.ella.encoders.TokenLength;
import java.util.function.Supplier;

/** Turns a prompt into what the U-Net attends to. Used on the device thread only. */
interface Conditioner extends AutoCloseable {

    /**
     * {@return what a prompt becomes}
     *
     * @param prompt a prompt or a negative prompt
     * @param length in tokens, for ELLA's language model
     * @param timesteps all that will be asked for
     */
    Conditioning condition(String prompt, TokenLength length, double[] timesteps);

    /**
     * {@return what stands for the negative prompt where none was given: the empty prompt, as
     * Stable Diffusion 1.x and 2.x were trained}
     *
     * @param length as above
     * @param timesteps as above
     */
    default Conditioning unconditional(TokenLength length, double[] timesteps) {
        return condition("", length, timesteps);
    }

    /**
     * Does ahead of the first request what most of them will need and what is kept. On any thread,
     * as long as no other uses this.
     *
     * @param length as most will ask for
     * @param timesteps as most will ask for
     */
    default void prepare(TokenLength length, Supplier<double[]> timesteps) {}

    /** {@return the width C of the contexts} */
    int width();

    /** {@return the width P of the pooled text; 0 where there is none} */
    default int pooledWidth() {
        return 0;
    }

    @Override
    void close();
}
