package io.ella.train;

import io.ella.core.EllaException;

/**
 * The learning rate over the steps: it rises linearly, stays, and at last falls along a cosine.
 *
 * @param peak the largest
 * @param warmup over how many steps it rises
 * @param fallFrom the step from which it falls
 * @param decay over how many steps it falls; 0 if it never does
 * @param floor what is left of the peak after the fall, in [0, 1]
 */
public record LearningRate(double peak, long warmup, long fallFrom, long decay, double floor) {
    private static final double FLOOR = 0.02;

    /** Checks the ranges. */
    public LearningRate {
        if (!(peak > 0) || warmup < 0 || fallFrom < warmup || decay < 0) {
            throw new EllaException(
                    "a learning rate of %s with %d steps of warm-up that falls from step %d over %d: the rate is above 0, the steps are not below, and the fall comes after the warm-up"
                            .formatted(peak, warmup, fallFrom, decay));
        }
        if (!(floor >= 0 && floor <= 1)) {
            throw new EllaException("the floor is %s; it is in [0, 1]".formatted(floor));
        }
    }

    /**
     * {@return a rate that rises, then stays}
     *
     * @param peak where it stays
     * @param warmup over how many steps it rises
     */
    public static LearningRate constant(double peak, long warmup) {
        return new LearningRate(peak, warmup, warmup, 0, 1);
    }

    /**
     * {@return a rate that rises, then falls along a cosine until the end}
     *
     * @param peak the largest
     * @param warmup over how many steps it rises
     * @param steps how many there are in all
     */
    public static LearningRate cosine(double peak, long warmup, long steps) {
        return trapezoid(peak, warmup, steps, Math.max(1, steps - warmup));
    }

    /**
     * {@return a rate that rises, stays, and falls along a cosine at the end}
     *
     * @param peak the largest
     * @param warmup over how many steps it rises
     * @param steps how many there are in all
     * @param decay over how many of the last of them it falls
     */
    public static LearningRate trapezoid(double peak, long warmup, long steps, long decay) {
        return new LearningRate(peak, warmup, Math.max(warmup, steps - decay), decay, FLOOR);
    }

    /**
     * {@return the rate of one step}
     *
     * @param step from 0
     */
    public double at(long step) {
        if (step < warmup) {
            return peak * (step + 1) / warmup;
        }
        if (decay == 0 || step < fallFrom) {
            return peak;
        }
        double done = Math.min(1, (double) (step - fallFrom) / decay);
        return peak * (floor + (1 - floor) * (1 + Math.cos(Math.PI * done)) / 2);
    }
}
