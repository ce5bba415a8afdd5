/**
 * The networks that turn noise into images: U-Net, autoencoder and ControlNet, and LoRA merging.
 *
 * <p>Each network is a function from its configuration to a {@link io.ella.core.graph.Graph} whose
 * parameters have the names of diffusers' state dicts. Start at {@link
 * io.ella.unet.UNet2DConditionModel}.
 */
@NullMarked
package io.ella.unet;

import org.jspecify.annotations.NullMarked;
