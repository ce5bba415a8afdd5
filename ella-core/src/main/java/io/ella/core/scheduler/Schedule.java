package io.ella.core.scheduler;

/** The timesteps and noise levels of a run. Immutable and thread-safe. */
public interface Schedule {
    /**
     * {@return the timestep of each model call, first to last, in units of training timesteps}
     *
     * <p>They are whole numbers except where the reference's are not (Euler and Heun with {@code
     * linspace} spacing or Karras sigmas). Heun has 2n−1 of them for n steps, PNDM n+1 (n+9 with
     * its Runge–Kutta start).
     */
    double[] timesteps();

    /**
     * {@return the noise levels σ, one per model call and the final one; empty for DDIM, PNDM and
     * LCM, which have none}
     */
    double[] sigmas();

    /** {@return the standard deviation that the initial noise is to be scaled to} */
    double initNoiseSigma();

    /**
     * Noises a clean sample to the level at which a model call expects it (image to image).
     *
     * @param clean the clean sample
     * @param noise standard normal values, as many
     * @param index the model call, from 0 to {@code timesteps().length - 1}
     * @return a new array: the noisy sample
     * @throws io.ella.core.EllaException if the index is out of range or the lengths differ
     */
    float[] addNoise(float[] clean, float[] noise, int index);

    /**
     * Starts a run.
     *
     * @param beginIndex the first model call: 0, or a later one for image to image (a multiple of 2
     *     for Heun)
     * @param noise what the stochastic methods (Euler ancestral, SDE-DPM-Solver++, LCM) draw from;
     *     the others never call it
     * @return the state of the run
     * @throws io.ella.core.EllaException if the index is out of range
     */
    Sampler start(int beginIndex, Noise noise);
}
