package io.ella.core.scheduler;

import org.jspecify.annotations.Nullable;

/** Karras et al. 2022, algorithm 1; {@code scheduling_heun_discrete.py}. */
final class HeunDiscreteScheduler extends SigmaScheduler {
    private final Limits limits;
    private final boolean karras;

    HeunDiscreteScheduler(SchedulerConfig config) {
        this(new Settings(config));
    }

    private HeunDiscreteScheduler(Settings settings) {
        super(
                settings,
                NoiseSchedule.ofHeun(settings),
                Prediction.of(
                        settings, Prediction.EPSILON, Prediction.V_PREDICTION, Prediction.SAMPLE));
        settings.refuseFlags("use_exponential_sigmas", "use_beta_sigmas");
        limits = Limits.clipping(settings, false);
        karras = settings.flag("use_karras_sigmas", false);
    }

    @Override
    public Schedule schedule(int steps) {
        TableSchedule.checkSteps(steps, noise);
        float[] training = noise.sigmas();
        double[] timesteps = Floats.toFloat32(spacing.closed(steps));
        double[] sigmas = Sigmas.at(timesteps, training);
        if (karras) {
            sigmas = Sigmas.karras(settings, sigmas[0], sigmas[steps - 1], steps);
            timesteps = Floats.toFloat32(Sigmas.timesteps(sigmas, training));
        }
        return new Plan(allButFirstTwice(timesteps), Sigmas.withFinal(allButFirstTwice(sigmas), 0));
    }

    /** Every level but the first is visited by a trial step and by the step that follows it. */
    private static double[] allButFirstTwice(double[] values) {
        double[] twice = new double[2 * values.length - 1];
        for (int i = 0; i < twice.length; i++) {
            twice[i] = values[(i + 1) / 2];
        }
        return twice;
    }

    private final class Plan extends SigmaSchedule {
        Plan(double[] timesteps, float[] sigmas) {
            super(timesteps, sigmas, spacing);
        }

        @Override
        Run run(int beginIndex, Noise source) {
            return new HeunRun(this, beginIndex);
        }
    }

    private final class HeunRun extends SigmaSchedule.SigmaRun {
        // what a trial step leaves for its correction
        private float @Nullable [] trialSample;
        private float[] trialDerivative = new float[0];
        private float trialStep;

        HeunRun(Plan plan, int beginIndex) {
            super(plan, beginIndex);
        }

        @Override
        float[] advance(float[] output, float[] sample) {
            float sigma = sigma(index);
            float[] x0 = limits.apply(prediction.originalUnscaled(output, sample, sigma));
            predicted(x0);
            float[] derivative = new float[sample.length];
            for (int i = 0; i < derivative.length; i++) {
                derivative[i] = (sample[i] - x0[i]) / sigma;
            }
            if (trialSample == null) {
                trialSample = sample;
                trialDerivative = derivative;
                trialStep = sigma(index + 1) - sigma;
                return moved(sample, derivative);
            }
            for (int i = 0; i < derivative.length; i++) {
                derivative[i] = (trialDerivative[i] + derivative[i]) / 2;
            }
            float[] begin = trialSample;
            trialSample = null;
            return moved(begin, derivative);
        }

        private float[] moved(float[] from, float[] derivative) {
            float[] next = new float[from.length];
            for (int i = 0; i < next.length; i++) {
                next[i] = from[i] + derivative[i] * trialStep;
            }
            return next;
        }
    }
}
