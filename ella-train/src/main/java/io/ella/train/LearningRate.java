package io.ella.train;

import io.ella.core.EllaException;

/**
 * The learning rate over the steps: it rises linearly, then stays or falls along a cosine.
 *
 * @param peak the largest
 * @param warmup over how many steps it rises
 * @param decay over how many steps, after the rise, it falls; 0 if it stays
 * @param floor what is left of the peak after the fall, in [0, 1]
 */
public record LearningRate(double peak, long warmup, long decay, double floor) {

    /** Checks the ranges. */
    public LearningRate {
        if (!(peak > 0) || warmup < 0 || decay < 0 || !(floor >= 0 && floor <= 1)) {
            throw new EllaException(
                    "a learning rate of %s with %d steps of warm-up, %d of decay to %s: the rate is above 0, the steps are not below, the floor is in [0, 1]"
                            .formatted(peak, warmup, decay, floor));
        }
    }

    /**
     * {@return a rate that rises, then stays}
     *
     * @param peak where it stays
     * @param warmup over how many steps it rises
     */
    public static LearningRate constant(double peak, long warmup) {
        return new LearningRate(peak, warmup, 0, 1);
    }

    /**
     * {@return a rate that rises, then falls along a cosine until the end}
     *
     * @param peak the largest
     * @param warmup over how many steps it rises
     * @param steps how many there are in all
     */
    public static LearningRate cosine(double peak, long warmup, long steps) {
        return new LearningRate(peak, warmup, Math.max(1, steps - warmup), 0.02);
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
        if (decay == 0) {
            return peak;
        }
        double done = Math.min(1, (double) (step - warmup) / decay);
        return peak * (floor + (1 - floor) * (1 + Math.cos(Math.PI * done)) / 2);
    }
}
