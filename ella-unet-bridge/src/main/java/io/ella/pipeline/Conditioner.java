package io.ella.pipeline;

/** Turns prompts into what the U-Net attends to. Used on the device thread only. */
interface Conditioner extends AutoCloseable {

    /**
     * {@return the contexts for a request}
     *
     * @param timesteps all that will be asked for
     */
    Conditioning condition(GenerationRequest request, double[] timesteps);

    /** {@return the width C of the contexts} */
    int width();

    @Override
    void close();
}
