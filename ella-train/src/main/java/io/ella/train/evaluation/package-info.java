/**
 * How well pictures follow long prompts: the paper's comparison (arXiv 2403.05135, section 5) in
 * the small world, where a {@link io.ella.train.scenes.Judge} takes the place of people and of
 * models that answer questions.
 *
 * <p>{@link io.ella.train.evaluation.EvaluationSettings} say which held-out scenes are drawn, how
 * often and how; {@link io.ella.train.evaluation.EvaluatedModel} is the checkpoint; {@link
 * io.ella.train.evaluation.SceneEvaluation} draws, judges and keeps the results in a folder, so
 * that an interrupted evaluation goes on; its {@link io.ella.train.evaluation.EvaluationReport} has
 * the share of right facts of each {@link io.ella.train.evaluation.Arm} with intervals.
 *
 * <p>Every arm is asked for the facts of the dense caption, whatever caption it draws from, and
 * draws from the same seeds.
 */
@NullMarked
package io.ella.train.evaluation;

import org.jspecify.annotations.NullMarked;
