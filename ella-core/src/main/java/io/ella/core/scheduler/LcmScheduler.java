package io.ella.core.scheduler;

/** Multistep consistency sampling, Luo et al. 2023; {@code scheduling_lcm.py}. */
final class LcmScheduler implements Scheduler {
    private static final float SIGMA_DATA = 0.5f;

    private final Settings settings;
    private final NoiseSchedule noise;
    private final Prediction prediction;
    private final Limits limits;
    private final int originalSteps;
    private final float timestepScaling;

    LcmScheduler(SchedulerConfig config) {
        settings = new Settings(config);
        noise = NoiseSchedule.rescalable(settings, 0.00085, 0.012, "scaled_linear");
        prediction =
                Prediction.of(
                        settings, Prediction.EPSILON, Prediction.V_PREDICTION, Prediction.SAMPLE);
        limits = Limits.both(settings, false);
        originalSteps = settings.integer("original_inference_steps", 50, 1, noise.length());
        timestepScaling = (float) settings.number("timestep_scaling", 10, 0, Float.MAX_VALUE);
    }

    @Override
    public SchedulerConfig config() {
        return settings.config();
    }

    @Override
    public Schedule schedule(int steps) {
        TableSchedule.checkSteps(steps, noise);
        if (steps > originalSteps) {
            throw settings.bad("original_inference_steps", "at least the " + steps + " steps");
        }
        // evenly spaced among the timesteps that the model was distilled for
        int ratio = noise.length() / originalSteps;
        double stride = (double) originalSteps / steps;
        double[] timesteps = new double[steps];
        for (int i = 0; i < steps; i++) {
            timesteps[i] = (originalSteps - Math.floor(i * stride)) * ratio - 1;
        }
        return new Plan(timesteps);
    }

    private final class Plan extends AlphaSchedule {
        Plan(double[] timesteps) {
            super(settings, noise, true, timesteps);
        }

        @Override
        Run run(int beginIndex, Noise source) {
            checkDivisible(settings, prediction, limits, beginIndex);
            return new LcmRun(this, beginIndex, source);
        }
    }

    private final class LcmRun extends Run {
        private final Noise source;

        LcmRun(Plan plan, int beginIndex, Noise source) {
            super(plan, beginIndex);
            this.source = source;
        }

        @Override
        float[] advance(float[] output, float[] sample) {
            float alpha = noise.alphaCumprod(timestep());
            float[] x0 =
                    limits.apply(
                            prediction.original(
                                    output, sample, Floats.sqrt(alpha), Floats.sqrt(1 - alpha)));
            float scaled = timestep() * timestepScaling;
            float square = scaled * scaled + SIGMA_DATA * SIGMA_DATA;
            float skip = SIGMA_DATA * SIGMA_DATA / square;
            float out = scaled / Floats.sqrt(square);
            float[] denoised = new float[sample.length];
            for (int i = 0; i < denoised.length; i++) {
                denoised[i] = out * x0[i] + skip * sample[i];
            }
            predicted(denoised);
            return index == calls() - 1 ? denoised.clone() : renoised(denoised);
        }

        private float[] renoised(float[] denoised) {
            float alpha = noise.alphaCumprod((int) schedule.timesteps[index + 1]);
            float signal = Floats.sqrt(alpha);
            float sigma = Floats.sqrt(1 - alpha);
            float[] fresh = source.randn(denoised.length);
            float[] next = new float[denoised.length];
            for (int i = 0; i < next.length; i++) {
                next[i] = signal * denoised[i] + sigma * fresh[i];
            }
            return next;
        }
    }
}
