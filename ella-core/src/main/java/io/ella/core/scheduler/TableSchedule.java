package io.ella.core.scheduler;

import io.ella.core.EllaException;

/** What all schedules share: the tables, and the checks of what comes in. */
abstract class TableSchedule implements Schedule {
    final double[] timesteps;
    final float[] sigmas;
    private final double initNoiseSigma;

    TableSchedule(double[] timesteps, float[] sigmas, double initNoiseSigma) {
        this.timesteps = timesteps;
        this.sigmas = sigmas;
        this.initNoiseSigma = initNoiseSigma;
    }

    /** Refuses numbers of steps that no method can do. */
    static void checkSteps(int steps, NoiseSchedule noise) {
        if (steps < 1 || steps > noise.length()) {
            throw new EllaException(
                    "Cannot sample in "
                            + steps
                            + " steps: expected 1 to num_train_timesteps = "
                            + noise.length()
                            + ".");
        }
    }

    /** The factor of the clean sample in a noisy one at a model call. */
    abstract float cleanScale(int index);

    /** The factor of the noise in a noisy sample at a model call. */
    abstract float noiseScale(int index);

    abstract Run run(int beginIndex, Noise noise);

    @Override
    public final double[] timesteps() {
        return timesteps.clone();
    }

    @Override
    public final double[] sigmas() {
        return Floats.toDouble(sigmas);
    }

    @Override
    public final double initNoiseSigma() {
        return initNoiseSigma;
    }

    @Override
    public final float[] addNoise(float[] clean, float[] noise, int index) {
        checkIndex(index);
        if (clean.length != noise.length) {
            throw new EllaException(
                    "The clean sample has "
                            + clean.length
                            + " values, the noise "
                            + noise.length
                            + ".");
        }
        float a = cleanScale(index);
        float b = noiseScale(index);
        float[] noisy = new float[clean.length];
        for (int i = 0; i < noisy.length; i++) {
            noisy[i] = a * clean[i] + b * noise[i];
        }
        return noisy;
    }

    @Override
    public final Sampler start(int beginIndex, Noise noise) {
        checkIndex(beginIndex);
        return run(beginIndex, noise);
    }

    private void checkIndex(int index) {
        if (index < 0 || index >= timesteps.length) {
            throw new EllaException(
                    "There is no model call "
                            + index
                            + ": this schedule has "
                            + timesteps.length
                            + ", counted from 0.");
        }
    }
}
