/**
 * Runs conformance cases: inputs and expected results that came from the reference implementations.
 *
 * <p>{@link io.ella.samples.conformance.Conformance} runs a folder and says how far the results are
 * from the expected ones. Each component has a {@code CaseRunner} that knows what its cases are
 * made of.
 */
@NullMarked
package io.ella.samples.conformance;

import org.jspecify.annotations.NullMarked;
