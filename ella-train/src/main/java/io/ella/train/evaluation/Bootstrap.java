package io.ella.train.evaluation;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;

/**
 * Percentile intervals by resampling prompts (Efron and Tibshirani, An Introduction to the
 * Bootstrap, 1993, chapter 13): the facts of one prompt, and its pictures, hang together, prompts
 * do not.
 */
final class Bootstrap {
    private static final int RESAMPLES = 1000;
    private static final long SEED = 20240308;
    private static final double TAIL = 0.025;

    /** How often each prompt is drawn, for each resample. */
    private final int[][] weights = new int[RESAMPLES][];

    Bootstrap(int prompts) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < RESAMPLES; i++) {
            weights[i] = new int[prompts];
            for (int k = 0; k < prompts; k++) {
                weights[i][random.nextInt(prompts)]++;
            }
        }
    }

    /** Right facts and facts of each prompt. */
    static final class Counts {
        private final long[] right;
        private final long[] facts;

        Counts(long[] right, long[] facts) {
            this.right = right;
            this.facts = facts;
        }

        int prompts() {
            return right.length;
        }

        private double share(int[] weights) {
            long r = 0;
            long f = 0;
            for (int i = 0; i < weights.length; i++) {
                r += weights[i] * right[i];
                f += weights[i] * facts[i];
            }
            return (double) r / f; // NaN without facts
        }

        private double share() {
            return (double) Arrays.stream(right).sum() / total();
        }

        private long total() {
            return Arrays.stream(facts).sum();
        }
    }

    /** {@return the share of right facts} */
    Estimate share(Counts counts) {
        return estimate(counts.share(), Arrays.stream(weights).mapToDouble(counts::share), counts);
    }

    /** {@return how much larger the share of one is than that of another, on the same prompts} */
    Estimate difference(Counts one, Counts other) {
        return estimate(
                one.share() - other.share(),
                Arrays.stream(weights).mapToDouble(w -> one.share(w) - other.share(w)),
                one);
    }

    private static Estimate estimate(double value, DoubleStream resampled, Counts counts) {
        double[] sorted = resampled.filter(x -> !Double.isNaN(x)).sorted().toArray();
        return new Estimate(
                value, quantile(sorted, TAIL), quantile(sorted, 1 - TAIL), counts.total());
    }

    /** Linear between the order statistics, as numpy's {@code quantile} is; NaN of nothing. */
    static double quantile(double[] sorted, double q) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        double at = q * (sorted.length - 1);
        int low = (int) Math.floor(at);
        int high = (int) Math.ceil(at);
        return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }
}
