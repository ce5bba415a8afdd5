package io.ella.unet;

import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * The denoising network of Stable Diffusion 1.x, 2.x and XL, as a function of its configuration
 * (diffusers {@code unet_2d_condition.py}).
 */
public final class UNet2DConditionModel {
    /** How many time ids SDXL has: original size, crop and target size, two each. */
    static final int TIME_IDS = 6;

    private UNet2DConditionModel() {}

    /**
     * {@return the network as a graph}
     *
     * <p>Inputs, in this order: {@code timestep} [1]; with {@link UNetConfig#hasTextTime()} also
     * {@code pooled} [B, pooledDim] and {@code time_ids} [B, 6]; {@code sample} [B, inChannels, H,
     * W]; {@code context} [B, S, crossAttentionDim]; with {@code residuals}, one for every layer of
     * the way down and one for the middle, as {@link ControlNetModel} gives them. Output: the
     * prediction [B, outChannels, H, W].
     *
     * @param config its configuration
     * @param residuals whether it takes the residuals of a ControlNet
     */
    public static Graph graph(UNetConfig config, boolean residuals) {
        return Graph.record("unet", g -> forward(g, config, residuals));
    }

    private static void forward(Recorder g, UNetConfig config, boolean residuals) {
        Value temb = UNetBlocks.timeEmbedding(g, config);
        Dim batch = Dim.symbol("B");
        Value sample =
                g.input(
                        "sample",
                        batch,
                        Dim.of(config.inChannels()),
                        Dim.symbol("H"),
                        Dim.symbol("W"));
        Value context =
                g.input("context", batch, Dim.symbol("S"), Dim.of(config.crossAttentionDim()));

        UNetBlocks blocks = new UNetBlocks(config, g.params(), temb, context);
        int width = config.blockOutChannels().get(0);
        List<Value> skips = blocks.down(sample.conv2d(g.params().at("conv_in"), width, 3));
        Value middle = blocks.mid(skips.get(skips.size() - 1));
        if (residuals) {
            skips = withResiduals(g, skips);
            middle = middle.add(g.input("mid_residual", middle.shape().toArray(new Dim[0])));
        }
        Value h = blocks.up(middle, skips);
        h =
                h.groupNorm(g.params().at("conv_norm_out"), config.normGroups(), config.normEps())
                        .silu();
        g.output("sample", h.conv2d(g.params().at("conv_out"), config.outChannels(), 3));
    }

    private static List<Value> withResiduals(Recorder g, List<Value> skips) {
        List<Value> sums = new ArrayList<>();
        for (int i = 0; i < skips.size(); i++) {
            Dim[] shape = skips.get(i).shape().toArray(new Dim[0]);
            sums.add(skips.get(i).add(g.input("down_residual_" + i, shape)));
        }
        return sums;
    }
}
