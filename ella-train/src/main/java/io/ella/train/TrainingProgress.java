package io.ella.train;

/**
 * Where a training stands.
 *
 * @param phase what is being done, such as the name of a stage
 * @param step how many updates are done; in a preparation, how many things
 * @param steps how many there are in all
 * @param loss the mean loss since the last report; NaN in a preparation
 * @param secondsPerStep the mean time of a step since the last report
 */
public record TrainingProgress(
        String phase, long step, long steps, double loss, double secondsPerStep) {}
