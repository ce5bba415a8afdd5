package io.ella.unet;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Params;
import io.ella.core.graph.Value;
import java.util.HashSet;
import java.util.List;

/**
 * The decoder of TAESD, a small autoencoder distilled from a large one (diffusers {@code
 * autoencoder_tiny.py}, {@code DecoderTiny} of {@code vae.py}).
 *
 * @param latentChannels channels of the latent
 * @param outChannels channels of the image
 * @param channels of all layers between
 * @param blocks residual blocks at each level, innermost first
 */
record AutoencoderTiny(int latentChannels, int outChannels, int channels, List<Integer> blocks) {

    static AutoencoderTiny from(Config config) {
        config.supportsOnly("act_fn", "\"relu\"");
        config.supportsOnly("upsample_fn", "\"nearest\"");
        config.supportsOnly("upsampling_scaling_factor", "2");
        List<Integer> widths = config.integers("decoder_block_out_channels");
        List<Integer> blocks = config.integers("num_decoder_blocks");
        if (widths.size() != blocks.size() || new HashSet<>(widths).size() != 1) {
            throw new EllaException(
                    "%s: \"decoder_block_out_channels\" is %s with \"num_decoder_blocks\" %s; both must have one entry a level, and the channels be the same in all"
                            .formatted(config.origin(), widths, blocks));
        }
        return new AutoencoderTiny(
                config.integer("latent_channels", 4),
                config.integer("out_channels", 3),
                widths.get(0),
                blocks);
    }

    /** Pixels in each direction for one position of the latent. */
    int scale() {
        return 1 << (blocks.size() - 1);
    }

    Graph decoder() {
        return Graph.record(
                "tiny vae decoder",
                g -> {
                    Value latent =
                            g.input(
                                    "latent",
                                    Dim.symbol("B"),
                                    Dim.of(latentChannels),
                                    Dim.symbol("H"),
                                    Dim.symbol("W"));
                    g.output("image", decode(latent, g.params()));
                });
    }

    /** Layers are numbered through, those without parameters too. */
    private Value decode(Value latent, Params p) {
        Value h = latent.mul(1 / 3.0).unary(Op.UnaryFunction.TANH).mul(3);
        h = h.conv2d(p.at("decoder.layers.0"), channels, 3).unary(Op.UnaryFunction.RELU);
        int layer = 2;
        for (int level = 0; level < blocks.size(); level++) {
            for (int i = 0; i < blocks.get(level); i++) {
                h = block(h, p.at("decoder.layers", layer++));
            }
            if (level < blocks.size() - 1) {
                h = h.upsampleNearest(h.size(2).times(2), h.size(3).times(2));
                layer++;
                h = h.conv2dNoBias(p.at("decoder.layers", layer++), channels, 3);
            }
        }
        return h.conv2d(p.at("decoder.layers", layer), outChannels, 3).mul(2).add(-1);
    }

    private Value block(Value x, Params p) {
        Value h = x.conv2d(p.at("conv.0"), channels, 3).unary(Op.UnaryFunction.RELU);
        h = h.conv2d(p.at("conv.2"), channels, 3).unary(Op.UnaryFunction.RELU);
        return h.conv2d(p.at("conv.4"), channels, 3).add(x).unary(Op.UnaryFunction.RELU);
    }
}
