/**
 * The {@code ella} command: images, checks, benchmarks and descriptions of checkpoints from a
 * terminal.
 *
 * <p>{@link io.ella.samples.Ella} is the entry; each subcommand is a class of its own. Results go
 * to standard output, as lines for people or with {@code --json} as one object; everything else
 * goes to standard error.
 */
@NullMarked
package io.ella.samples;

import org.jspecify.annotations.NullMarked;
