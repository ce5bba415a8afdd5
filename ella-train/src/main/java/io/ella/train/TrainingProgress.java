package io.ella.train;

/**
 * Where a training stands.
 *
 * @param step how many updates are done
 * @param steps how many there are in all
 * @param loss the mean loss since the last report
 * @param secondsPerStep the mean time of a step since the last report
 */
public record TrainingProgress(long step, long steps, double loss, double secondsPerStep) {}
