package io.ella.unet;

import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
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
        return Graph.record(
                "unet",
                g -> {
                    UNetInputs inputs = UNetInputs.declare(g, config);
                    g.output("sample", predict(g, config, inputs, residuals));
                });
    }

    /**
     * {@return the network with classifier-free guidance inside (arXiv 2207.12598), so that one
     * call is a whole step and only the latent travels}
     *
     * <p>Inputs, in this order: {@code timestep} [1]; {@code guidance} [1]; with {@link
     * UNetConfig#hasTextTime()} also {@code negative_pooled} and {@code pooled} [1, pooledDim] and
     * {@code time_ids} [1, 6]; {@code sample} [N, inChannels, H, W]; {@code negative_context} and
     * {@code context} [1, S, crossAttentionDim], used for all N. Output: negative + guidance ·
     * (positive − negative).
     *
     * @param config its configuration
     */
    public static Graph guidedGraph(UNetConfig config) {
        return Graph.record("guided unet", g -> guided(g, config));
    }

    private static void guided(Recorder g, UNetConfig config) {
        Dim one = Dim.of(1);
        Dim images = Dim.symbol("N");
        Value timestep = g.input("timestep", ElementType.FLOAT32, one);
        Value guidance = g.input("guidance", ElementType.FLOAT32, one);
        Value pooled = null;
        Value timeIds = null;
        if (config.hasTextTime()) {
            Dim width = Dim.of(config.pooledDim());
            pooled =
                    both(
                            g.input("negative_pooled", one, width),
                            g.input("pooled", one, width),
                            images);
            Value ids = g.input("time_ids", ElementType.FLOAT32, one, Dim.of(TIME_IDS));
            timeIds = both(ids, ids, images);
        }
        Value sample =
                g.input(
                        "sample",
                        images,
                        Dim.of(config.inChannels()),
                        Dim.symbol("H"),
                        Dim.symbol("W"));
        Dim tokens = Dim.symbol("S");
        Dim width = Dim.of(config.crossAttentionDim());
        Value negative = g.input("negative_context", one, tokens, width);
        Value context = both(negative, g.input("context", one, tokens, width), images);

        UNetInputs inputs =
                new UNetInputs(timestep, pooled, timeIds, sample.concat(0, sample), context);
        Value both = predict(g, config, inputs, false).toFloat32();
        List<Value> parts = both.chunk(2, 0);
        Value difference = parts.get(1).sub(parts.get(0));
        g.output("sample", parts.get(0).add(difference.mul(guidance)));
    }

    /** [1, ..] and [1, ..] to [2N, ..]: the negative for all images, then the positive. */
    private static Value both(Value negative, Value positive, Dim images) {
        return repeat(negative, images).concat(0, repeat(positive, images));
    }

    private static Value repeat(Value one, Dim images) {
        List<Dim> shape = new ArrayList<>(one.shape());
        shape.set(0, images);
        return one.expand(shape.toArray(new Dim[0]));
    }

    private static Value predict(
            Recorder g, UNetConfig config, UNetInputs inputs, boolean residuals) {
        UNetBlocks blocks = new UNetBlocks(config, g.params(), inputs);
        int width = config.blockOutChannels().get(0);
        List<Value> skips = blocks.down(inputs.sample().conv2d(g.params().at("conv_in"), width, 3));
        Value middle = blocks.mid(skips.get(skips.size() - 1));
        if (residuals) {
            skips = withResiduals(g, skips);
            middle = middle.add(g.input("mid_residual", middle.shape().toArray(new Dim[0])));
        }
        Value h = blocks.up(middle, skips);
        h =
                h.groupNorm(g.params().at("conv_norm_out"), config.normGroups(), config.normEps())
                        .silu();
        return h.conv2d(g.params().at("conv_out"), config.outChannels(), 3);
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
