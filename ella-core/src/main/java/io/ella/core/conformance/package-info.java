/**
 * Conformance cases: what a reference implementation computed for given weights and inputs.
 *
 * <p>A case is a folder with {@code case.json} (component, configuration, arguments, tolerance) and
 * {@code tensors.safetensors} ({@code in.*} given, {@code out.*} expected). Weights are computed
 * from the parameters' names ({@link io.ella.core.weights.HashWeights}), so that full-size models
 * need no files. The {@code ella verify} command runs folders of cases; the tests of every module
 * run theirs.
 */
@NullMarked
package io.ella.core.conformance;

import org.jspecify.annotations.NullMarked;
