/**
 * What the connector's queries attend to, by word and timestep, as in the paper's Fig. 8 (arXiv
 * 2403.05135): {@link io.ella.samples.attention.PromptAttention} computes it, {@link
 * io.ella.samples.attention.HeatMap} draws it. The analysis is ND4J's, which nothing else of the
 * command loads.
 */
@NullMarked
package io.ella.samples.attention;

import org.jspecify.annotations.NullMarked;
