package io.ella.unet;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import java.util.List;

/**
 * The shape of an {@link AutoencoderKL}, in the vocabulary of diffusers' {@code config.json}.
 *
 * @param inChannels channels of the image to encode
 * @param outChannels channels of the decoded image
 * @param latentChannels channels of the latent
 * @param blockOutChannels channels at each level, outermost first
 * @param layersPerBlock residual blocks of each level in the encoder; the decoder has one more
 * @param normGroups groups of the group norms
 * @param scalingFactor latents are multiplied by this after encoding
 * @param shiftFactor latents are reduced by this before the scaling
 * @param quantConv whether a 1×1 convolution follows the encoder
 * @param postQuantConv whether a 1×1 convolution comes before the decoder
 * @param midAttention whether the middle attends
 */
public record VaeConfig(
        int inChannels,
        int outChannels,
        int latentChannels,
        List<Integer> blockOutChannels,
        int layersPerBlock,
        int normGroups,
        double scalingFactor,
        double shiftFactor,
        boolean quantConv,
        boolean postQuantConv,
        boolean midAttention) {

    /** Copies the list. */
    public VaeConfig {
        blockOutChannels = List.copyOf(blockOutChannels);
    }

    /**
     * {@return the configuration, with diffusers' defaults where a key is absent}
     *
     * @param config a {@code config.json} of {@code AutoencoderKL}
     */
    public static VaeConfig from(Config config) {
        config.supportsOnly("act_fn", "\"silu\"");
        config.supportsOnly("latents_mean", "null");
        config.supportsOnly("latents_std", "null");
        checkTypes(config, "down_block_types", "DownEncoderBlock2D");
        checkTypes(config, "up_block_types", "UpDecoderBlock2D");
        return new VaeConfig(
                config.integer("in_channels", 3),
                config.integer("out_channels", 3),
                config.integer("latent_channels", 4),
                config.integers("block_out_channels"),
                config.integer("layers_per_block", 1),
                config.integer("norm_num_groups", 32),
                config.number("scaling_factor", 0.18215),
                config.number("shift_factor", 0),
                config.bool("use_quant_conv", true),
                config.bool("use_post_quant_conv", true),
                config.bool("mid_block_add_attention", true));
    }

    private static void checkTypes(Config config, String key, String only) {
        if (config.has(key) && config.strings(key).stream().anyMatch(type -> !type.equals(only))) {
            throw new EllaException(
                    "%s: \"%s\" is %s, of which only %s is supported"
                            .formatted(config.origin(), key, config.strings(key), only));
        }
    }

    /** {@return how many pixels one latent position stands for, in each direction} */
    public int scale() {
        return 1 << (blockOutChannels.size() - 1);
    }
}
