package io.ella.core.scheduler;

/** Karras et al. 2022, algorithm 2 without churn; {@code scheduling_euler_discrete.py}. */
final class EulerDiscreteScheduler extends SigmaScheduler {
    private final boolean karras;
    private final boolean logLinear;
    private final boolean continuous;
    private final boolean endAtZero;

    EulerDiscreteScheduler(SchedulerConfig config) {
        this(new Settings(config));
    }

    private EulerDiscreteScheduler(Settings settings) {
        super(
                settings,
                NoiseSchedule.rescalableFinite(settings, 0.0001, 0.02, "linear"),
                predictionOf(settings));
        settings.refuseFlags("use_exponential_sigmas", "use_beta_sigmas");
        karras = settings.flag("use_karras_sigmas", false);
        logLinear =
                settings.choice("interpolation_type", "linear", "linear", "log_linear")
                        .equals("log_linear");
        continuous =
                settings.choice("timestep_type", "discrete", "discrete", "continuous")
                                .equals("continuous")
                        && prediction == Prediction.V_PREDICTION;
        endAtZero = settings.endsAtZero();
    }

    /** This class alone has a second name for {@code sample}. */
    private static Prediction predictionOf(Settings settings) {
        return "original_sample".equals(settings.config().values().get("prediction_type"))
                ? Prediction.SAMPLE
                : Prediction.of(
                        settings, Prediction.EPSILON, Prediction.V_PREDICTION, Prediction.SAMPLE);
    }

    @Override
    public Schedule schedule(int steps) {
        TableSchedule.checkSteps(steps, noise);
        float[] training = noise.sigmas();
        double[] timesteps = Floats.toFloat32(spacing.closed(steps));
        double[] sigmas = logLinear ? logLinear(training, steps) : Sigmas.at(timesteps, training);
        if (karras) {
            sigmas = Sigmas.karras(settings, sigmas[0], sigmas[sigmas.length - 1], steps);
            timesteps = Floats.toFloat32(Sigmas.timesteps(sigmas, training));
        }
        float[] all = Sigmas.withFinal(sigmas, endAtZero ? 0 : training[0]);
        if (continuous) {
            for (int i = 0; i < steps; i++) {
                timesteps[i] = 0.25f * Floats.log(all[i]);
            }
        }
        return new Plan(timesteps, all);
    }

    /** Evenly spaced in log σ; one level more than steps, as in the reference. */
    private static double[] logLinear(float[] training, int steps) {
        float[] logs =
                Floats.linspace(
                        Floats.log(training[training.length - 1]),
                        Floats.log(training[0]),
                        steps + 1);
        double[] sigmas = new double[logs.length];
        for (int i = 0; i < sigmas.length; i++) {
            sigmas[i] = Floats.exp(logs[i]);
        }
        return sigmas;
    }

    private final class Plan extends SigmaSchedule {
        Plan(double[] timesteps, float[] sigmas) {
            super(timesteps, sigmas, spacing);
        }

        @Override
        Run run(int beginIndex, Noise source) {
            return new EulerRun(this, beginIndex);
        }
    }

    private final class EulerRun extends SigmaSchedule.SigmaRun {
        EulerRun(Plan plan, int beginIndex) {
            super(plan, beginIndex);
        }

        @Override
        float[] advance(float[] output, float[] sample) {
            float sigma = sigma(index);
            float dt = sigma(index + 1) - sigma;
            float[] x0 = prediction.originalUnscaled(output, sample, sigma);
            float[] next = new float[sample.length];
            for (int i = 0; i < next.length; i++) {
                next[i] = sample[i] + (sample[i] - x0[i]) / sigma * dt;
            }
            predicted(x0);
            return next;
        }
    }
}
