/**
 * Training of a connector for a Stable Diffusion checkpoint from images and captions (arXiv
 * 2403.05135, section 3.1).
 *
 * <p>{@link io.ella.train.connector.CaptionedImages} finds the images, {@link
 * io.ella.train.connector.ConnectorSettings} holds what is trained and how, and {@link
 * io.ella.train.connector.ConnectorTraining} does it. Everything but the connector is frozen, so
 * what it makes of an image or a caption is computed once and kept on disk.
 */
@NullMarked
package io.ella.train.connector;

import org.jspecify.annotations.NullMarked;
