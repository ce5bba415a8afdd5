/** Reading the {@code config.json} files of checkpoints. */
@NullMarked
package io.ella.core.config;

import org.jspecify.annotations.NullMarked;
