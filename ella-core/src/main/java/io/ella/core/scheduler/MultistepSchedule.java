package io.ella.core.scheduler;

import io.ella.core.EllaException;

/** A schedule in which a sample is α·x₀ + σ·ε with α² + σ² = 1: DPM-Solver++ and UniPC. */
abstract class MultistepSchedule extends TableSchedule {
    private final float[] alphas;
    private final float[] scaledSigmas;
    private final float[] lambdas;

    MultistepSchedule(double[] timesteps, float[] sigmas) {
        super(timesteps, sigmas, 1);
        alphas = new float[sigmas.length];
        scaledSigmas = new float[sigmas.length];
        lambdas = new float[sigmas.length];
        for (int i = 0; i < sigmas.length; i++) {
            alphas[i] = 1 / Floats.sqrt(sigmas[i] * sigmas[i] + 1);
            scaledSigmas[i] = sigmas[i] * alphas[i];
            lambdas[i] = Floats.log(alphas[i]) - Floats.log(scaledSigmas[i]);
        }
    }

    /** Refuses two model calls at one noise level, which a multistep method divides by. */
    final void checkDistinct() {
        for (int i = 1; i < timesteps.length; i++) {
            if (sigmas[i] == sigmas[i - 1]) {
                throw new EllaException(
                        "With "
                                + timesteps.length
                                + " steps two model calls share the noise level of timestep "
                                + (long) timesteps[i]
                                + ". Take fewer steps.");
            }
        }
    }

    /** α at a model call, or after the last. */
    final float alpha(int index) {
        return alphas[index];
    }

    /** σ in the scale where α² + σ² = 1. */
    final float scaledSigma(int index) {
        return scaledSigmas[index];
    }

    /** Half the logarithm of the signal-to-noise ratio: log α − log σ. */
    final float lambda(int index) {
        return lambdas[index];
    }

    @Override
    final float cleanScale(int index) {
        return alphas[index];
    }

    @Override
    final float noiseScale(int index) {
        return scaledSigmas[index];
    }
}
