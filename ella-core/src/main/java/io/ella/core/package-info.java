/**
 * What every part of the library shares: the root of its exceptions.
 *
 * <p>Start reading at {@code io.ella.core.graph}, where a model is recorded as a graph; {@code
 * io.ella.core.torch} compiles and runs it; {@code io.ella.core.weights} finds its parameters.
 */
@NullMarked
package io.ella.core;

import org.jspecify.annotations.NullMarked;
