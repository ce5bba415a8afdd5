package io.ella.train.evaluation;

/**
 * A share of right facts, or a difference of two shares, with its 95 % interval. Without facts
 * there is none, and all of it is NaN.
 *
 * @param value in [0, 1], or in [-1, 1] for a difference
 * @param low the lower end of the interval
 * @param high the upper end
 * @param facts how many facts were judged, over all pictures
 */
public record Estimate(double value, double low, double high, long facts) {
    static final Estimate NONE = new Estimate(Double.NaN, Double.NaN, Double.NaN, 0);
}
