package io.ella.train.evaluation;

/**
 * Where an evaluation stands.
 *
 * @param pictures how many are drawn and judged, earlier ones included
 * @param total how many there are to be
 */
public record EvaluationProgress(int pictures, int total) {}
