package io.ella.core.scheduler;

import io.ella.core.EllaException;

/**
 * How training makes samples noisy, and what the model then has to predict (arXiv 2006.11239,
 * equation 4; the velocity of arXiv 2202.00512; {@code add_noise} and {@code get_velocity} of
 * {@code scheduling_ddpm.py}).
 *
 * <p>Immutable and thread-safe.
 */
public final class ForwardProcess {
    private final NoiseSchedule noise;
    private final Prediction prediction;

    /**
     * Reads the settings.
     *
     * @param config of any scheduler; its β settings and its {@code prediction_type} count, with
     *     the defaults of {@code DDPMScheduler}
     * @throws EllaException if a setting is not valid
     */
    public ForwardProcess(SchedulerConfig config) {
        Settings settings = new Settings(config);
        noise = NoiseSchedule.rescalable(settings, 0.0001, 0.02, "linear");
        prediction =
                Prediction.of(
                        settings, Prediction.EPSILON, Prediction.V_PREDICTION, Prediction.SAMPLE);
    }

    /** {@return the number of training timesteps, usually 1000} */
    public int timesteps() {
        return noise.length();
    }

    /**
     * Makes one sample noisy, in place.
     *
     * @param batch clean samples, of which this one becomes √ᾱ·x₀ + √(1−ᾱ)·ε
     * @param noises ε at the same indices, which becomes what the model has to predict: ε, the
     *     velocity √ᾱ·ε − √(1−ᾱ)·x₀, or x₀
     * @param from the index where the sample begins
     * @param length how many elements it has
     * @param timestep how noisy: 0 to {@link #timesteps()} − 1
     */
    public void diffuse(float[] batch, float[] noises, int from, int length, int timestep) {
        if (timestep < 0 || timestep >= timesteps()) {
            throw new EllaException(
                    "the timestep is %d; there are 0 to %d".formatted(timestep, timesteps() - 1));
        }
        float signal = Floats.sqrt(noise.alphaCumprod(timestep));
        float sigma = Floats.sqrt(1 - noise.alphaCumprod(timestep));
        for (int i = from; i < from + length; i++) {
            float clean = batch[i];
            float epsilon = noises[i];
            batch[i] = signal * clean + sigma * epsilon;
            noises[i] =
                    switch (prediction) {
                        case EPSILON -> epsilon;
                        case V_PREDICTION -> signal * epsilon - sigma * clean;
                        case SAMPLE -> clean;
                    };
        }
    }
}
