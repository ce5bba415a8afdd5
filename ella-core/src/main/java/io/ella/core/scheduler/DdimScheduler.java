package io.ella.core.scheduler;

/** Song et al. 2020, equations 12 and 16 with η = 0; {@code scheduling_ddim.py}. */
final class DdimScheduler implements Scheduler {
    private final Settings settings;
    private final NoiseSchedule noise;
    private final Spacing spacing;
    private final Prediction prediction;
    private final Limits limits;

    DdimScheduler(SchedulerConfig config) {
        settings = new Settings(config);
        noise = NoiseSchedule.rescalable(settings, 0.0001, 0.02, "linear");
        spacing = new Spacing(settings, "leading", noise);
        prediction =
                Prediction.of(
                        settings, Prediction.EPSILON, Prediction.V_PREDICTION, Prediction.SAMPLE);
        limits = Limits.both(settings, true);
    }

    @Override
    public SchedulerConfig config() {
        return settings.config();
    }

    @Override
    public Schedule schedule(int steps) {
        TableSchedule.checkSteps(steps, noise);
        return new Plan(steps);
    }

    private final class Plan extends AlphaSchedule {
        final int ratio;

        Plan(int steps) {
            super(settings, noise, true, Floats.rounded(spacing.closed(steps)));
            ratio = noise.length() / steps;
        }

        @Override
        Run run(int beginIndex, Noise source) {
            checkDivisible(settings, prediction, limits, beginIndex);
            return new DdimRun(this, beginIndex);
        }
    }

    private final class DdimRun extends Run {
        private final Plan plan;

        DdimRun(Plan plan, int beginIndex) {
            super(plan, beginIndex);
            this.plan = plan;
        }

        @Override
        float[] advance(float[] output, float[] sample) {
            float alpha = plan.alphaCumprod(timestep());
            float alphaPrev = plan.alphaCumprod(timestep() - plan.ratio);
            float signal = Floats.sqrt(alpha);
            float sigma = Floats.sqrt(1 - alpha);
            float[] x0 = limits.apply(prediction.original(output, sample, signal, sigma));
            float[] epsilon = prediction.noise(output, sample, signal, sigma);
            float signalPrev = Floats.sqrt(alphaPrev);
            float sigmaPrev = Floats.sqrt(1 - alphaPrev);
            float[] next = new float[sample.length];
            for (int i = 0; i < next.length; i++) {
                next[i] = signalPrev * x0[i] + sigmaPrev * epsilon[i];
            }
            predicted(x0);
            return next;
        }
    }
}
