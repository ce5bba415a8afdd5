/** Symbolic values and recorded graphs. */
@NullMarked
package io.ella.core.graph;

import org.jspecify.annotations.NullMarked;
