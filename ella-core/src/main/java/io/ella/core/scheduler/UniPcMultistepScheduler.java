package io.ella.core.scheduler;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** UniPC, Zhao et al. 2023 (arXiv 2302.04867); {@code scheduling_unipc_multistep.py}. */
final class UniPcMultistepScheduler extends MultistepScheduler {
    private final boolean predictX0;
    private final boolean bh1;
    private final Set<Double> correctorDisabled;

    UniPcMultistepScheduler(SchedulerConfig config) {
        super(new Settings(named(config)));
        settings.refuse("solver_p", "shift_terminal");
        predictX0 = settings.flag("predict_x0", true);
        bh1 = settings.choice("solver_type", "bh2", "bh1", "bh2").equals("bh1");
        List<Double> disabled = settings.numbers("disable_corrector");
        correctorDisabled = disabled == null ? Set.of() : new HashSet<>(disabled);
        if (endAtZero && !predictX0) {
            throw settings.bad(
                    "predict_x0", "true (false divides by the final sigma, which is zero)");
        }
    }

    /** Replaces the names of DPM-Solver's solvers by the default, as the reference does. */
    private static SchedulerConfig named(SchedulerConfig config) {
        return config.replacing("solver_type", Set.of("midpoint", "heun", "logrho"), "bh2");
    }

    @Override
    public Schedule schedule(int steps) {
        TableSchedule.checkSteps(steps, noise);
        float[] training = noise.sigmas();
        double[] timesteps;
        double[] sigmas;
        double last = training[0];
        if (karras) {
            sigmas = Sigmas.karras(settings, training[training.length - 1], training[0], steps);
            timesteps = Floats.rounded(Sigmas.timesteps(sigmas, training));
            last = sigmas[steps - 1];
        } else {
            timesteps = spacing.open(steps, noise.length());
            sigmas = Sigmas.at(timesteps, training);
        }
        Plan plan = new Plan(timesteps, Sigmas.withFinal(sigmas, endAtZero ? 0 : last));
        plan.checkDistinct();
        return plan;
    }

    private final class Plan extends MultistepSchedule {
        Plan(double[] timesteps, float[] sigmas) {
            super(timesteps, sigmas);
        }

        @Override
        Run run(int beginIndex, Noise source) {
            return new UniPcRun(this, beginIndex);
        }
    }

    private final class UniPcRun extends Run {
        private final Plan plan;
        private final List<float[]> outputs = new ArrayList<>(); // converted, newest first
        private int lastOrder;
        private float @Nullable [] lastSample;

        UniPcRun(Plan plan, int beginIndex) {
            super(plan, beginIndex);
            this.plan = plan;
        }

        @Override
        float[] advance(float[] output, float[] sample) {
            float alpha = plan.alpha(index);
            float sigma = plan.scaledSigma(index);
            float[] x0 = prediction.original(output, sample, alpha, sigma);
            x0 = predictX0 ? limits.apply(x0) : x0;
            predicted(x0);
            float[] converted = predictX0 ? x0 : prediction.noise(output, sample, alpha, sigma);
            float[] corrected = sample;
            if (lastSample != null && !correctorDisabled.contains(index - 1.0)) {
                corrected = update(index, lastSample, lastOrder, converted);
            }
            int known = outputs.size();
            outputs.add(0, converted);
            if (outputs.size() > order) {
                outputs.remove(order);
            }
            int highest = lowerOrderFinal ? Math.min(order, calls() - index) : order;
            if (sigma(index + 1) == 0 || sigma(index + 1) == sigma(index)) {
                highest = 1; // the higher orders would divide by infinity or zero
            }
            lastOrder = Math.min(highest, known + 1);
            lastSample = corrected;
            return update(index + 1, corrected, lastOrder, null);
        }

        /**
         * From the noise level before {@code target} to it: the predictor UniP, or with the model's
         * output at the target the corrector UniC.
         */
        private float[] update(
                int target, float[] sample, int current, float @Nullable [] outputAtTarget) {
            int source = target - 1;
            float[] newest = outputs.get(0);
            float h = plan.lambda(target) - plan.lambda(source);
            float hh = predictX0 ? -h : h;
            float phi1 = Floats.expm1(hh);
            float b = bh1 ? hh : phi1;

            float[] distances = new float[current];
            for (int i = 1; i < current; i++) {
                distances[i - 1] = (plan.lambda(source - i) - plan.lambda(source)) / h;
            }
            distances[current - 1] = 1;
            float[] weights = weights(distances, hh, phi1, b, outputAtTarget != null);

            float scale = predictX0 ? plan.alpha(target) : plan.scaledSigma(target);
            float decay =
                    predictX0
                            ? plan.scaledSigma(target) / plan.scaledSigma(source)
                            : plan.alpha(target) / plan.alpha(source);
            float first = scale * phi1;
            float rest = scale * b;
            float[] next = new float[sample.length];
            for (int i = 0; i < next.length; i++) {
                float x = decay * sample[i] - first * newest[i];
                float sum = 0;
                for (int k = 0; k < current - 1; k++) {
                    sum += weights[k] * ((outputs.get(k + 1)[i] - newest[i]) / distances[k]);
                }
                if (outputAtTarget != null) {
                    sum += weights[current - 1] * (outputAtTarget[i] - newest[i]);
                }
                // with nothing to add, b may be infinite
                next[i] = current == 1 && outputAtTarget == null ? x : x - rest * sum;
            }
            return next;
        }

        /** The weights ρ of the differences: equation 6 of the paper, or its shortcuts. */
        private static float[] weights(
                float[] distances, float hh, float phi1, float b, boolean corrector) {
            int n = corrector ? distances.length : distances.length - 1;
            if (n == 0) {
                return new float[0];
            }
            if (n == 1) {
                return new float[] {0.5f};
            }
            double[][] matrix = new double[n][n];
            double[] right = new double[n];
            float phi = phi1 / hh - 1;
            int factorial = 1;
            for (int i = 0; i < n; i++) {
                for (int k = 0; k < n; k++) {
                    matrix[i][k] = (float) Math.pow(distances[k], i);
                }
                right[i] = phi * factorial / b;
                factorial *= i + 2;
                phi = phi / hh - 1f / factorial;
            }
            return solve(matrix, right);
        }

        /** Gaussian elimination with partial pivoting. */
        private static float[] solve(double[][] a, double[] b) {
            int n = b.length;
            for (int i = 0; i < n; i++) {
                int pivot = i;
                for (int r = i + 1; r < n; r++) {
                    pivot = Math.abs(a[r][i]) > Math.abs(a[pivot][i]) ? r : pivot;
                }
                double[] row = a[i];
                a[i] = a[pivot];
                a[pivot] = row;
                double value = b[i];
                b[i] = b[pivot];
                b[pivot] = value;
                for (int r = i + 1; r < n; r++) {
                    double factor = a[r][i] / a[i][i];
                    for (int c = i; c < n; c++) {
                        a[r][c] -= factor * a[i][c];
                    }
                    b[r] -= factor * b[i];
                }
            }
            float[] x = new float[n];
            for (int i = n - 1; i >= 0; i--) {
                double rest = b[i];
                for (int c = i + 1; c < n; c++) {
                    rest -= a[i][c] * x[c];
                }
                x[i] = (float) (rest / a[i][i]);
            }
            return x;
        }
    }
}
