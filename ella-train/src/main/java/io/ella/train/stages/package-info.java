/**
 * The training of the small world's models, one stage after another: autoencoder, base, language
 * models, connector. {@link io.ella.train.stages.SceneTraining} runs them.
 */
@NullMarked
package io.ella.train.stages;

import org.jspecify.annotations.NullMarked;
