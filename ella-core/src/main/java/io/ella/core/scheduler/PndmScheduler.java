package io.ella.core.scheduler;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Liu et al. 2022, equations 9, 12 and 13; {@code scheduling_pndm.py}. */
final class PndmScheduler implements Scheduler {
    private final Settings settings;
    private final NoiseSchedule noise;
    private final Spacing spacing;
    private final Prediction prediction;
    private final boolean skipPrkSteps;

    PndmScheduler(SchedulerConfig config) {
        settings = new Settings(config);
        noise = NoiseSchedule.of(settings, 0.0001, 0.02, "linear");
        spacing = new Spacing(settings, "leading", noise);
        prediction = Prediction.of(settings, Prediction.EPSILON, Prediction.V_PREDICTION);
        skipPrkSteps = settings.flag("skip_prk_steps", false);
    }

    @Override
    public SchedulerConfig config() {
        return settings.config();
    }

    @Override
    public Schedule schedule(int steps) {
        TableSchedule.checkSteps(steps, noise);
        int ratio = noise.length() / steps;
        double[] points = Floats.rounded(spacing.closed(steps));
        if (skipPrkSteps) {
            return new Plan(linearMultistep(points), 0, ratio);
        }
        if (steps < 4) {
            throw settings.bad(
                    "skip_prk_steps",
                    "true for " + steps + " steps: the Runge–Kutta start needs 4");
        }
        return new Plan(rungeKuttaThenMultistep(points, ratio), 12, ratio);
    }

    /** The second point twice: its first visit corrects the first step. */
    private static double[] linearMultistep(double[] points) {
        if (points.length == 1) {
            return points;
        }
        double[] timesteps = new double[points.length + 1];
        timesteps[0] = points[0];
        System.arraycopy(points, 1, timesteps, 1, points.length - 1);
        System.arraycopy(points, 1, timesteps, 2, points.length - 1);
        return timesteps;
    }

    /** Four evaluations for each of the first three steps: begin, middle twice, end. */
    private static double[] rungeKuttaThenMultistep(double[] points, int ratio) {
        double[] timesteps = new double[points.length + 9];
        int half = ratio / 2;
        for (int i = 0; i < 3; i++) {
            timesteps[4 * i] = points[i];
            timesteps[4 * i + 1] = points[i + 1] + half;
            timesteps[4 * i + 2] = points[i + 1] + half;
            timesteps[4 * i + 3] = points[i + 1];
        }
        System.arraycopy(points, 3, timesteps, 12, points.length - 3);
        return timesteps;
    }

    private final class Plan extends AlphaSchedule {
        final int rungeKuttaCalls;
        final int ratio;

        Plan(double[] timesteps, int rungeKuttaCalls, int ratio) {
            super(settings, noise, false, timesteps);
            this.rungeKuttaCalls = rungeKuttaCalls;
            this.ratio = ratio;
        }

        @Override
        Run run(int beginIndex, Noise source) {
            return new PndmRun(this, beginIndex);
        }
    }

    private final class PndmRun extends Run {
        private final Plan plan;
        private final List<float[]> outputs = new ArrayList<>();
        private int counter;
        private float @Nullable [] beginSample;
        private float @Nullable [] weighted;

        PndmRun(Plan plan, int beginIndex) {
            super(plan, beginIndex);
            this.plan = plan;
        }

        @Override
        float[] advance(float[] output, float[] sample) {
            float alpha = plan.alphaCumprod(timestep());
            predicted(
                    prediction.original(
                            output, sample, Floats.sqrt(alpha), Floats.sqrt(1 - alpha)));
            float[] next =
                    counter < plan.rungeKuttaCalls
                            ? rungeKutta(output, sample)
                            : linearMultistep(output, sample);
            counter++;
            return next;
        }

        private float[] rungeKutta(float[] output, float[] sample) {
            int previous = timestep() - (counter % 2 == 0 ? plan.ratio / 2 : 0);
            int from = (int) plan.timesteps[counter / 4 * 4];
            float[] direction = output;
            switch (counter % 4) {
                case 0 -> {
                    weighted = sum(null, 1f / 6, output);
                    outputs.add(output);
                    beginSample = sample;
                }
                case 1, 2 -> weighted = sum(weighted, 1f / 3, output);
                default -> direction = sum(weighted, 1f / 6, output);
            }
            return transfer(beginSample == null ? sample : beginSample, from, previous, direction);
        }

        private float[] linearMultistep(float[] output, float[] sample) {
            int from = timestep();
            int to = from - plan.ratio;
            float[] start = sample;
            if (counter == 1) {
                to = from;
                from += plan.ratio;
            } else {
                outputs.add(output);
                if (outputs.size() > 4) {
                    outputs.remove(0);
                }
            }
            float[] direction;
            if (counter == 0) {
                direction = output;
                beginSample = sample;
            } else if (counter == 1) {
                direction = combination(2, new float[] {1, 1}, output, last(1));
                start = beginSample == null ? sample : beginSample;
            } else {
                direction =
                        switch (outputs.size()) {
                            case 2 -> combination(2, new float[] {3, -1}, last(1), last(2));
                            case 3 ->
                                    combination(
                                            12,
                                            new float[] {23, -16, 5},
                                            last(1),
                                            last(2),
                                            last(3));
                            default ->
                                    scaled(
                                            1f / 24,
                                            combination(
                                                    1,
                                                    new float[] {55, -59, 37, -9},
                                                    last(1),
                                                    last(2),
                                                    last(3),
                                                    last(4)));
                        };
            }
            return transfer(start, from, to, direction);
        }

        private float[] last(int back) {
            return outputs.get(outputs.size() - back);
        }

        /** Equation 9: from one timestep to another along a direction. */
        private float[] transfer(float[] sample, int from, int to, float[] direction) {
            float alpha = plan.alphaCumprod(from);
            float alphaTo = plan.alphaCumprod(to);
            float beta = 1 - alpha;
            float betaTo = 1 - alphaTo;
            float[] epsilon =
                    prediction.noise(direction, sample, Floats.sqrt(alpha), Floats.sqrt(beta));
            float scale = Floats.sqrt(alphaTo / alpha);
            float denominator = alpha * Floats.sqrt(betaTo) + Floats.sqrt(alpha * beta * alphaTo);
            float difference = alphaTo - alpha;
            float[] next = new float[sample.length];
            for (int i = 0; i < next.length; i++) {
                next[i] = scale * sample[i] - difference * epsilon[i] / denominator;
            }
            return next;
        }

        private static float[] sum(float @Nullable [] base, float factor, float[] values) {
            float[] result = new float[values.length];
            for (int i = 0; i < result.length; i++) {
                result[i] = (base == null ? 0 : base[i]) + factor * values[i];
            }
            return result;
        }

        private static float[] combination(float divisor, float[] weights, float[]... values) {
            float[] result = new float[values[0].length];
            for (int i = 0; i < result.length; i++) {
                float total = weights[0] * values[0][i];
                for (int k = 1; k < weights.length; k++) {
                    total += weights[k] * values[k][i];
                }
                result[i] = total / divisor;
            }
            return result;
        }

        private static float[] scaled(float factor, float[] values) {
            float[] result = new float[values.length];
            for (int i = 0; i < result.length; i++) {
                result[i] = factor * values[i];
            }
            return result;
        }
    }
}
