package io.ella.train.scenes;

/**
 * A fact, and whether a picture shows it.
 *
 * @param fact what was to be seen
 * @param right whether it was
 */
public record Judged(Fact fact, boolean right) {}
