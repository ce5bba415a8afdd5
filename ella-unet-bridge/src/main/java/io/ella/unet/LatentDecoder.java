package io.ella.unet;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.Graph;

/**
 * What turns latents into pixels: the decoder of an autoencoder, and the scale of its latents.
 * Immutable.
 *
 * @param graph {@code latent} [B, latentChannels, H, W] to {@code image} [B, 3, s·H, s·W] around
 *     [-1, 1]
 * @param latentChannels channels of the latent
 * @param scale how many pixels one latent position stands for, in each direction
 * @param scalingFactor latents are divided by this before decoding
 * @param shiftFactor what is then added
 */
public record LatentDecoder(
        Graph graph, int latentChannels, int scale, double scalingFactor, double shiftFactor) {

    /**
     * {@return the decoder of a model's own autoencoder}
     *
     * @param config of the autoencoder
     */
    public static LatentDecoder of(VaeConfig config) {
        return new LatentDecoder(
                AutoencoderKL.decoder(config),
                config.latentChannels(),
                config.scale(),
                config.scalingFactor(),
                config.shiftFactor());
    }

    /**
     * {@return the decoder that a {@code config.json} describes: {@code AutoencoderKL}, or {@code
     * AutoencoderTiny} (TAESD), which is faster by far and blurs what is fine}
     *
     * @param config as diffusers saves it
     * @throws EllaException if it is of another class, or has what is not supported
     */
    public static LatentDecoder from(Config config) {
        String type = config.string("_class_name");
        return switch (type) {
            case "AutoencoderKL" -> of(VaeConfig.from(config));
            case "AutoencoderTiny" -> {
                AutoencoderTiny tiny = AutoencoderTiny.from(config);
                yield new LatentDecoder(
                        tiny.decoder(),
                        tiny.latentChannels(),
                        tiny.scale(),
                        config.number("scaling_factor", 1),
                        config.number("shift_factor", 0));
            }
            default ->
                    throw new EllaException(
                            "%s: \"_class_name\" is \"%s\", decoders are \"AutoencoderKL\" and \"AutoencoderTiny\""
                                    .formatted(config.origin(), type));
        };
    }

    /**
     * {@return whether a stored parameter is of no use here, but normal in such a checkpoint}
     *
     * @param stored its name
     */
    public static boolean isOfEncoder(String stored) {
        return stored.startsWith("encoder.") || stored.startsWith("quant_conv.");
    }
}
