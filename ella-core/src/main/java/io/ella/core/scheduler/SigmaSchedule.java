package io.ella.core.scheduler;

/** A schedule in which a sample is x₀ + σ·ε and is scaled for the model: Euler and Heun. */
abstract class SigmaSchedule extends TableSchedule {
    SigmaSchedule(double[] timesteps, float[] sigmas, Spacing spacing) {
        super(timesteps, sigmas, initNoiseSigma(sigmas, spacing));
    }

    private static float initNoiseSigma(float[] sigmas, Spacing spacing) {
        float max = 0;
        for (float sigma : sigmas) {
            max = Math.max(max, sigma);
        }
        return spacing.isLeading() ? Floats.sqrt(max * max + 1) : max;
    }

    @Override
    final float cleanScale(int index) {
        return 1;
    }

    @Override
    final float noiseScale(int index) {
        return sigmas[index];
    }

    /** A run along such a schedule. */
    abstract static class SigmaRun extends Run {
        SigmaRun(SigmaSchedule schedule, int beginIndex) {
            super(schedule, beginIndex);
        }

        @Override
        final float inputScale() {
            float sigma = sigma(index);
            return Floats.sqrt(sigma * sigma + 1);
        }
    }
}
