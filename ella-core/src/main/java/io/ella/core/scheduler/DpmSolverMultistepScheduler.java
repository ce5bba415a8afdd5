package io.ella.core.scheduler;

import java.util.Set;

/**
 * DPM-Solver++ multistep, Lu et al. 2022 (arXiv 2211.01095), deterministic and as an SDE; {@code
 * scheduling_dpmsolver_multistep.py}.
 */
final class DpmSolverMultistepScheduler extends MultistepScheduler {
    private final boolean sde;
    private final boolean heun;
    private final boolean eulerAtFinal;
    private final double lambdaMinClipped;
    private final boolean roundTimesteps;
    private final String aligned;

    DpmSolverMultistepScheduler(SchedulerConfig config) {
        super(new Settings(named(config)));
        settings.refuseFlags("use_lu_lambdas");
        settings.refuse("variance_type");
        sde =
                settings.choice("algorithm_type", "dpmsolver++", "dpmsolver++", "sde-dpmsolver++")
                        .equals("sde-dpmsolver++");
        heun = settings.choice("solver_type", "midpoint", "midpoint", "heun").equals("heun");
        eulerAtFinal = settings.flag("euler_at_final", false);
        lambdaMinClipped =
                settings.number(
                        "lambda_min_clipped",
                        Double.NEGATIVE_INFINITY,
                        Double.NEGATIVE_INFINITY,
                        Double.MAX_VALUE);
        aligned =
                settings.choice(
                        AlignedSteps.KEY,
                        AlignedSteps.NONE,
                        AlignedSteps.NONE,
                        AlignedSteps.SD15,
                        AlignedSteps.SDXL);
        roundTimesteps = !"squaredcos_cap_v2".equals(config.values().get("beta_schedule"));
    }

    /** Replaces the names of other classes' solvers by the default, as the reference does. */
    private static SchedulerConfig named(SchedulerConfig config) {
        return config.replacing("algorithm_type", Set.of("deis"), "dpmsolver++")
                .replacing("solver_type", Set.of("logrho", "bh1", "bh2"), "midpoint");
    }

    @Override
    public Schedule schedule(int steps) {
        TableSchedule.checkSteps(steps, noise);
        float[] training = noise.sigmas();
        double[] timesteps;
        double[] sigmas;
        if (!aligned.equals(AlignedSteps.NONE)) {
            sigmas = AlignedSteps.sigmas(aligned, training, steps);
            timesteps = Floats.rounded(Sigmas.timesteps(sigmas, training));
        } else if (karras) {
            sigmas = Sigmas.karras(settings, training[training.length - 1], training[0], steps);
            timesteps = Sigmas.timesteps(sigmas, training);
            if (roundTimesteps) {
                timesteps = Floats.rounded(timesteps);
            }
            for (int i = 0; i < steps; i++) {
                timesteps[i] = Math.floor(timesteps[i]);
            }
        } else {
            timesteps = spacing.open(steps, lastTimestep());
            sigmas = Sigmas.at(timesteps, training);
        }
        Plan plan = new Plan(timesteps, Sigmas.withFinal(sigmas, endAtZero ? 0 : training[0]));
        if (order > 1) {
            plan.checkDistinct();
        }
        return plan;
    }

    /** The number of training timesteps whose λ is not below {@code lambda_min_clipped}. */
    private int lastTimestep() {
        int last = noise.length();
        while (last > 0 && lambda(last - 1) < (float) lambdaMinClipped) {
            last--;
        }
        if (last == 0) {
            throw settings.bad("lambda_min_clipped", "less: it excludes every timestep");
        }
        return last;
    }

    private float lambda(int timestep) {
        float alpha = noise.alphaCumprod(timestep);
        return Floats.log(Floats.sqrt(alpha)) - Floats.log(Floats.sqrt(1 - alpha));
    }

    private final class Plan extends MultistepSchedule {
        Plan(double[] timesteps, float[] sigmas) {
            super(timesteps, sigmas);
        }

        @Override
        Run run(int beginIndex, Noise source) {
            return new DpmSolverRun(this, beginIndex, source);
        }
    }

    private final class DpmSolverRun extends Run {
        private final Plan plan;
        private final Noise source;
        private final float[][] originals = new float[3][]; // newest first
        private int known;

        DpmSolverRun(Plan plan, int beginIndex, Noise source) {
            super(plan, beginIndex);
            this.plan = plan;
            this.source = source;
        }

        @Override
        float[] advance(float[] output, float[] sample) {
            originals[2] = originals[1];
            originals[1] = originals[0];
            originals[0] =
                    limits.apply(
                            prediction.original(
                                    output, sample, plan.alpha(index), plan.scaledSigma(index)));
            predicted(originals[0]);
            float[] fresh = sde ? source.randn(sample.length) : sample;
            float[] next = update(currentOrder(), sample, fresh);
            known = Math.min(known + 1, order);
            return next;
        }

        /** Fewer known predictions, and the last steps of a short run, take a lower order. */
        private int currentOrder() {
            boolean shortRun = lowerOrderFinal && calls() < 15;
            if (index == calls() - 1 && (eulerAtFinal || shortRun || endAtZero)) {
                return 1;
            }
            if (sigma(index + 1) == sigma(index)) {
                return 1; // no distance to go: the higher orders would divide by it
            }
            int highest = index == calls() - 2 && shortRun ? 2 : order;
            return Math.min(Math.min(order, highest), known + 1);
        }

        private float[] update(int current, float[] sample, float[] fresh) {
            float alpha = plan.alpha(index + 1);
            float sigma = plan.scaledSigma(index + 1);
            float h = plan.lambda(index + 1) - plan.lambda(index);
            float decay = sigma / plan.scaledSigma(index);
            float d0;
            float d1;
            float d2;
            float noiseFactor = 0;
            if (sde) {
                decay *= Floats.exp(-h);
                float e = Floats.exp(-2 * h);
                d0 = alpha * (1 - e);
                d1 =
                        current == 2 && !heun
                                ? 0.5f * (alpha * (1 - e))
                                : alpha * ((1 - e) / (-2 * h) + 1);
                d2 = alpha * ((1 - e - 2 * h) / (2 * h * (2 * h)) - 0.5f);
                noiseFactor = sigma * Floats.sqrt(1 - e);
            } else {
                float e = Floats.exp(-h) - 1;
                d0 = -(alpha * e);
                d1 = current == 2 && !heun ? -(0.5f * (alpha * e)) : alpha * (e / h + 1);
                d2 = -(alpha * ((e + h) / (h * h) - 0.5f));
            }
            float r0 = current > 1 ? (plan.lambda(index) - plan.lambda(index - 1)) / h : 1;
            float r1 = current > 2 ? (plan.lambda(index - 1) - plan.lambda(index - 2)) / h : 1;
            float inverse0 = 1 / r0;
            float inverse1 = 1 / r1;
            float blend = r0 / (r0 + r1);
            float inverseSum = 1 / (r0 + r1);
            float[] next = new float[sample.length];
            for (int i = 0; i < next.length; i++) {
                float x = decay * sample[i] + d0 * originals[0][i];
                if (current > 1) {
                    float slope = inverse0 * (originals[0][i] - originals[1][i]);
                    if (current == 2) {
                        x += d1 * slope;
                    } else {
                        float older = inverse1 * (originals[1][i] - originals[2][i]);
                        float change = slope - older;
                        x += d1 * (slope + blend * change);
                        x += d2 * (inverseSum * change);
                    }
                }
                next[i] = sde ? x + noiseFactor * fresh[i] : x;
            }
            return next;
        }
    }
}
