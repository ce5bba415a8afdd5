package io.ella.unet;

import io.ella.core.config.Config;
import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Params;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import java.util.List;

/**
 * A copy of the U-Net's way down that reads a picture and adds to what the U-Net computes (arXiv
 * 2302.05543; diffusers {@code controlnet.py}).
 */
public final class ControlNetModel {
    private static final List<Integer> DEFAULT_EMBEDDING = List.of(16, 32, 96, 256);

    private ControlNetModel() {}

    /**
     * {@return the network as a graph}
     *
     * <p>Inputs: {@code timestep} [1]; for SDXL also {@code pooled} and {@code time_ids}; {@code
     * sample} [B, inChannels, H, W]; {@code context} [B, S, crossAttentionDim]; {@code image} [B,
     * 3, 8·H, 8·W] in [0, 1]. Outputs: a residual for every layer of the way down, then one for the
     * middle, not yet scaled.
     *
     * @param config a {@code config.json} of {@code ControlNetModel}
     */
    public static Graph graph(Config config) {
        config.supportsOnly("global_pool_conditions", "false");
        config.supportsOnly("controlnet_conditioning_channel_order", "\"rgb\"");
        UNetConfig unet = UNetConfig.from(config);
        List<Integer> embedding =
                config.has("conditioning_embedding_out_channels")
                        ? config.integers("conditioning_embedding_out_channels")
                        : DEFAULT_EMBEDDING;
        int channels = config.integer("conditioning_channels", 3);
        return Graph.record("controlnet", g -> forward(g, unet, embedding, channels));
    }

    private static void forward(
            Recorder g, UNetConfig config, List<Integer> embedding, int channels) {
        UNetInputs inputs = UNetInputs.declare(g, config, Dim.of(1));
        Dim batch = Dim.symbol("B");
        Dim height = Dim.symbol("H");
        Dim width = Dim.symbol("W");
        long scale = 1L << (embedding.size() - 1);
        Value image =
                g.input("image", batch, Dim.of(channels), height.times(scale), width.times(scale));

        Params p = g.params();
        int first = config.blockOutChannels().get(0);
        Value h = inputs.sample().conv2d(p.at("conv_in"), first, 3);
        h = h.add(embed(image, p.at("controlnet_cond_embedding"), embedding, first));
        UNetBlocks blocks = new UNetBlocks(config, p, inputs, false, CrossAttentions.UNOBSERVED);
        List<Value> skips = blocks.down(h, config.levels());
        Value middle = blocks.mid(skips.get(skips.size() - 1));
        for (int i = 0; i < skips.size(); i++) {
            g.output(
                    "down_residual_" + i,
                    zeroConv(skips.get(i), p.at("controlnet_down_blocks", i)));
        }
        g.output("mid_residual", zeroConv(middle, p.at("controlnet_mid_block")));
    }

    private static Value embed(Value image, Params p, List<Integer> channels, int out) {
        Value h = image.conv2d(p.at("conv_in"), channels.get(0), 3).silu();
        for (int i = 0; i < channels.size() - 1; i++) {
            h = h.conv2d(p.at("blocks", 2 * i), channels.get(i), 3).silu();
            h = h.conv2d(p.at("blocks", 2 * i + 1), channels.get(i + 1), 3, 2, 1).silu();
        }
        return h.conv2d(p.at("conv_out"), out, 3);
    }

    /** A 1×1 convolution, zero before training, hence its name. */
    private static Value zeroConv(Value x, Params p) {
        return x.conv2d(p, x.size(1).constant(), 1);
    }
}
