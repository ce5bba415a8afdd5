/**
 * Training, with the same model definitions as inference.
 *
 * <p>A {@link io.ella.train.TrainingTask} says what is computed, what of it learns, and what the
 * batch of each number is; a {@link io.ella.train.TrainingPlan} says how long and how fast; a
 * {@link io.ella.train.TrainingRun} does it, writes checkpoints, and goes on from the last one. The
 * tasks of diffusion are in {@link io.ella.train.Objectives}.
 *
 * <p>Batches are pure functions of their numbers, so that there is neither a random state nor a
 * position in the data to save: what was interrupted ends with the same weights as what was not.
 */
@NullMarked
package io.ella.train;

import org.jspecify.annotations.NullMarked;
