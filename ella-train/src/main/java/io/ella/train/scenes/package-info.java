/**
 * A small world to train in: pictures of a few coloured shapes, what can be said about them, and a
 * judge that reads a picture back.
 *
 * <p>Start at {@link io.ella.train.scenes.SceneSampler}: scene number {@code i} of a seed, from one
 * of two splits that share no combination of objects. {@link io.ella.train.scenes.SceneRenderer}
 * draws a {@link io.ella.train.scenes.Scene}. {@link io.ella.train.scenes.ShortCaption} names one
 * or two objects and little else, as alt-text does; {@link io.ella.train.scenes.DenseCaption} tells
 * everything; both say which {@link io.ella.train.scenes.Fact}s they state. {@link
 * io.ella.train.scenes.SceneTokenizers} writes tokenizers for this language. {@link
 * io.ella.train.scenes.Judge} looks at a picture and checks facts against what it sees.
 *
 * <p>Everything is a pure function of its arguments and of seeds: no global state, no clock.
 */
@NullMarked
package io.ella.train.scenes;

import org.jspecify.annotations.NullMarked;
