package io.ella.train.evaluation;

import io.ella.train.scenes.Caption;
import io.ella.train.scenes.Scene;

/**
 * A scene that training never saw, and what is said of it. Immutable.
 *
 * @param index its number, from 0
 * @param scene what is to be drawn
 * @param shortCaption what alt-text says of it
 * @param denseCaption everything about it
 * @param seed of the first picture; each further picture has the next
 */
public record HeldOutPrompt(
        int index, Scene scene, Caption shortCaption, Caption denseCaption, long seed) {}
