/**
 * Benchmarks of whole networks at full size, with computed weights, which need no file.
 *
 * <p>{@link io.ella.samples.bench.Benchmark} is one network, ready to run.
 */
@NullMarked
package io.ella.samples.bench;

import org.jspecify.annotations.NullMarked;
