package io.ella.core.scheduler;

/** Noise levels of a run, interpolated from those of training. */
final class Sigmas {
    private static final double RHO = 7;

    private Sigmas() {}

    /** {@code np.interp}: the training noise levels at fractional timesteps. */
    static double[] at(double[] timesteps, float[] training) {
        double[] sigmas = new double[timesteps.length];
        for (int i = 0; i < sigmas.length; i++) {
            double t = Math.min(Math.max(timesteps[i], 0), training.length - 1);
            int low = (int) Math.min(t, training.length - 2);
            double slope = (double) training[low + 1] - training[low];
            sigmas[i] = t == low + 1 ? training[low + 1] : slope * (t - low) + training[low];
        }
        return sigmas;
    }

    /** Equation 5 of Karras et al. 2022, from {@code max} down to {@code min}. */
    static double[] karras(Settings settings, double max, double min, int steps) {
        double low = Math.pow(settings.positive("sigma_min", min), 1 / RHO);
        double high = Math.pow(settings.positive("sigma_max", max), 1 / RHO);
        double[] sigmas = Floats.linspaceTo(1, steps);
        for (int i = 0; i < steps; i++) {
            sigmas[i] = Math.pow(high + sigmas[i] * (low - high), RHO);
        }
        return sigmas;
    }

    /** The fractional timesteps of noise levels, linear in log σ between training timesteps. */
    static double[] timesteps(double[] sigmas, float[] training) {
        float[] logs = new float[training.length];
        for (int t = 0; t < logs.length; t++) {
            logs[t] = Floats.log(training[t]);
        }
        double[] timesteps = new double[sigmas.length];
        for (int i = 0; i < sigmas.length; i++) {
            double log = Math.log(Math.max(sigmas[i], 1e-10));
            int low = logs.length - 2;
            while (low > 0 && logs[low] > log) {
                low--;
            }
            float width = logs[low] - logs[low + 1];
            double w = Math.min(Math.max((logs[low] - log) / width, 0), 1);
            timesteps[i] = (1 - w) * low + w * (low + 1);
        }
        return timesteps;
    }

    /** The noise levels of a run in float32, and after them the final one. */
    static float[] withFinal(double[] sigmas, double last) {
        float[] all = new float[sigmas.length + 1];
        for (int i = 0; i < sigmas.length; i++) {
            all[i] = (float) sigmas[i];
        }
        all[sigmas.length] = (float) last;
        return all;
    }
}
