/**
 * Says what a checkpoint is without loading it: headers and configurations are read, weights are
 * not.
 *
 * <p>{@link io.ella.samples.info.CheckpointInfo#of} looks at a path.
 */
@NullMarked
package io.ella.samples.info;

import org.jspecify.annotations.NullMarked;
