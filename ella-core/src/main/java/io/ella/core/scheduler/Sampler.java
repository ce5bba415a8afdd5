package io.ella.core.scheduler;

/**
 * One run along a {@link Schedule}. Holds the history that multistep methods need, so each run has
 * its own. Not thread-safe.
 */
public interface Sampler {
    /** {@return the index of the next model call; the number of timesteps when the run is over} */
    int index();

    /**
     * Scales a sample to what the model expects at the next call.
     *
     * @param sample the current sample
     * @return the model's input; the same array where the method does not scale
     * @throws io.ella.core.EllaException if the run is over
     */
    float[] scaleModelInput(float[] sample);

    /**
     * Goes one model call further.
     *
     * @param modelOutput what the model answered at {@code timesteps()[index()]}: noise, velocity
     *     or clean sample, as {@code prediction_type} says; kept by multistep methods, so not to be
     *     modified afterwards
     * @param sample the current sample, unscaled, of the same length; likewise kept
     * @return a new array: the next sample
     * @throws io.ella.core.EllaException if the run is over or the lengths differ
     */
    float[] step(float[] modelOutput, float[] sample);

    /**
     * {@return the clean sample that the last {@link #step} predicted, for previews; not to be
     * modified}
     *
     * @throws io.ella.core.EllaException before the first step
     */
    float[] predictedOriginal();
}
