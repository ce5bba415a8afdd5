/**
 * Images and the PNG files they live in.
 *
 * <p>{@link io.ella.core.image.Image} is what a pipeline returns: 8-bit RGB, made from the floats
 * of the VAE with diffusers' rounding. {@link io.ella.core.image.Png} writes it, together with
 * texts that say how it was made, and reads those texts back. Nothing here needs a display or loads
 * AWT's native toolkit.
 */
@NullMarked
package io.ella.core.image;

import org.jspecify.annotations.NullMarked;
