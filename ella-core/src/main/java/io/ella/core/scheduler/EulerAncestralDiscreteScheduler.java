package io.ella.core.scheduler;

/** Euler's method with ancestral noise; {@code scheduling_euler_ancestral_discrete.py}. */
final class EulerAncestralDiscreteScheduler extends SigmaScheduler {
    EulerAncestralDiscreteScheduler(SchedulerConfig config) {
        this(new Settings(config));
    }

    private EulerAncestralDiscreteScheduler(Settings settings) {
        super(
                settings,
                NoiseSchedule.rescalableFinite(settings, 0.0001, 0.02, "linear"),
                Prediction.of(settings, Prediction.EPSILON, Prediction.V_PREDICTION));
    }

    @Override
    public Schedule schedule(int steps) {
        TableSchedule.checkSteps(steps, noise);
        double[] timesteps = Floats.toFloat32(spacing.closed(steps));
        return new Plan(timesteps, Sigmas.withFinal(Sigmas.at(timesteps, noise.sigmas()), 0));
    }

    private final class Plan extends SigmaSchedule {
        Plan(double[] timesteps, float[] sigmas) {
            super(timesteps, sigmas, spacing);
        }

        @Override
        Run run(int beginIndex, Noise source) {
            return new AncestralRun(this, beginIndex, source);
        }
    }

    private final class AncestralRun extends SigmaSchedule.SigmaRun {
        private final Noise source;

        AncestralRun(Plan plan, int beginIndex, Noise source) {
            super(plan, beginIndex);
            this.source = source;
        }

        @Override
        float[] advance(float[] output, float[] sample) {
            float from = sigma(index);
            float to = sigma(index + 1);
            // near zero terminal SNR, rounding can make either difference negative
            float up = Floats.sqrt(Math.max(to * to * (from * from - to * to) / (from * from), 0));
            float down = Floats.sqrt(Math.max(to * to - up * up, 0));
            float dt = down - from;
            float[] x0 = prediction.originalUnscaled(output, sample, from);
            float[] fresh = source.randn(sample.length);
            float[] next = new float[sample.length];
            for (int i = 0; i < next.length; i++) {
                next[i] = sample[i] + (sample[i] - x0[i]) / from * dt + fresh[i] * up;
            }
            predicted(x0);
            return next;
        }
    }
}
