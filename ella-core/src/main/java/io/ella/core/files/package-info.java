/** {@link io.ella.core.files.WholeFile}: how every file that matters is written. */
@NullMarked
package io.ella.core.files;

import org.jspecify.annotations.NullMarked;
