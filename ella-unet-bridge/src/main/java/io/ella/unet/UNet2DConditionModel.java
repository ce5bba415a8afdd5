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

    private static final Dim IMAGES = Dim.symbol("N");

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
                    UNetInputs inputs = UNetInputs.declare(g, config, Dim.of(1));
                    g.output("sample", predict(g, config, inputs, residuals).sample());
                });
    }

    /**
     * {@return the network with a timestep for each sample, as training needs it}
     *
     * <p>As {@link #graph} without residuals, but {@code timestep} is [B]. A second output, {@code
     * features} [B, blockOutChannels[0], H, W], is what the last convolution reads.
     *
     * @param config its configuration
     */
    public static Graph trainingGraph(UNetConfig config) {
        return trainingGraph(config, List.of());
    }

    /**
     * {@return the network for training that also shows where it looks}
     *
     * <p>As {@link #trainingGraph(UNetConfig)}; further outputs are, for each cross-attention that
     * is watched, how much each place attends to each token: [B, H·W, S] at the size of that layer,
     * the mean over the heads.
     *
     * @param config its configuration
     * @param watched names of cross-attentions, as in {@code
     *     up_blocks.1.attentions.0.transformer_blocks.0.attn2}
     * @throws io.ella.core.EllaException if there is no such layer
     */
    public static Graph trainingGraph(UNetConfig config, List<String> watched) {
        return Graph.record(
                "unet",
                g -> {
                    UNetInputs inputs = UNetInputs.declare(g, config, Dim.symbol("B"));
                    AttentionWeights weights = new AttentionWeights(watched, inputs.context());
                    UNetBlocks blocks = new UNetBlocks(config, g.params(), inputs, false, weights);
                    Prediction prediction = predict(g, config, inputs, blocks, false);
                    g.output("sample", prediction.sample());
                    g.output("features", prediction.features());
                    watched.forEach(name -> g.output(name.replace('.', '_'), weights.of(name)));
                });
    }

    /**
     * {@return what the network predicts, what its cross-attentions hear of a context, and what
     * they would hear of another in its place}
     *
     * <p>Inputs as those of {@link #trainingGraph(UNetConfig)}, then {@code other} [B, T,
     * crossAttentionDim]. Outputs for each cross-attention, in the network's order: what it adds to
     * its features, [B, H·W, C], for {@code context}, which the network goes on with, and for
     * {@code other}; then {@code sample} for {@code context}.
     *
     * @param config its configuration
     */
    public static Graph hearingGraph(UNetConfig config) {
        return Graph.record(
                "hearing",
                g -> {
                    UNetInputs inputs = UNetInputs.declare(g, config, Dim.symbol("B"));
                    Dim width = Dim.of(config.crossAttentionDim());
                    Value other = g.input("other", Dim.symbol("B"), Dim.symbol("T"), width);
                    CrossAttentions heard =
                            (at, x, heads, wanted) -> {
                                Value said = UNetBlocks.attention(x, other, at, heads);
                                g.output(at + " context", wanted);
                                g.output(at + " other", said);
                            };
                    UNetBlocks blocks = new UNetBlocks(config, g.params(), inputs, false, heard);
                    g.output("sample", predict(g, config, inputs, blocks, false).sample());
                });
    }

    /**
     * {@return the network for N images of one prompt}
     *
     * <p>As {@link #graph}, but {@code context}, {@code pooled} and {@code time_ids} have a batch
     * of 1 and serve all of {@code sample} [N, inChannels, H, W].
     *
     * @param config its configuration
     * @param shortcuts what it leaves out
     */
    public static Graph promptGraph(UNetConfig config, Shortcuts shortcuts) {
        return Graph.record(
                "unet",
                g -> {
                    Value timestep = g.input("timestep", ElementType.FLOAT32, Dim.of(1));
                    Value pooled =
                            config.hasTextTime() ? repeat(pooled(g, config, "pooled")) : null;
                    Value timeIds = config.hasTextTime() ? repeat(timeIds(g)) : null;
                    Value sample = sample(g, config);
                    Value context = repeat(context(g, config, "context"));
                    UNetInputs inputs = new UNetInputs(timestep, pooled, timeIds, sample, context);
                    Prediction prediction = predict(g, config, inputs, shortcuts);
                    g.output("sample", prediction.sample());
                    prediction.keep(g, shortcuts.features());
                });
    }

    /**
     * {@return the network for N images of one prompt with classifier-free guidance inside (arXiv
     * 2207.12598), so that one call is a whole step and only the latent travels}
     *
     * <p>Inputs, in this order: {@code timestep} [1]; {@code guidance} [1]; with {@link
     * UNetConfig#hasTextTime()} also {@code negative_pooled} and {@code pooled} [1, pooledDim] and
     * {@code time_ids} [1, 6]; {@code sample} [N, inChannels, H, W]; {@code negative_context} and
     * {@code context} [1, S, crossAttentionDim]. Output: negative + guidance · (positive −
     * negative).
     *
     * @param config its configuration
     * @param shortcuts what it leaves out
     */
    public static Graph guidedGraph(UNetConfig config, Shortcuts shortcuts) {
        return Graph.record("guided unet", g -> guided(g, config, shortcuts));
    }

    private static void guided(Recorder g, UNetConfig config, Shortcuts shortcuts) {
        Value timestep = g.input("timestep", ElementType.FLOAT32, Dim.of(1));
        Value guidance = g.input("guidance", ElementType.FLOAT32, Dim.of(1));
        Value pooled = null;
        Value timeIds = null;
        if (config.hasTextTime()) {
            Value negative = repeat(pooled(g, config, "negative_pooled"));
            pooled = negative.concat(0, repeat(pooled(g, config, "pooled")));
            Value ids = repeat(timeIds(g));
            timeIds = ids.concat(0, ids);
        }
        Value sample = sample(g, config);
        Value negative = repeat(context(g, config, "negative_context"));
        Value context = negative.concat(0, repeat(context(g, config, "context")));

        // Up to the first cross-attention both prompts see the same, unless the pooled text
        // differs.
        Value first = config.hasTextTime() ? sample.concat(0, sample) : sample;
        UNetInputs inputs = new UNetInputs(timestep, pooled, timeIds, first, context);
        Prediction prediction = predict(g, config, inputs, shortcuts);
        List<Value> parts = prediction.sample().toFloat32().chunk(2, 0);
        Value difference = parts.get(1).sub(parts.get(0));
        g.output("sample", parts.get(0).add(difference.mul(guidance)));
        prediction.keep(g, shortcuts.features());
    }

    private static Value pooled(Recorder g, UNetConfig config, String name) {
        return g.input(name, Dim.of(1), Dim.of(config.pooledDim()));
    }

    private static Value timeIds(Recorder g) {
        return g.input("time_ids", ElementType.FLOAT32, Dim.of(1), Dim.of(TIME_IDS));
    }

    /**
     * {@return SDXL's six sizes of an image that is not cropped: original, corner and target,
     * height before width}
     *
     * @param height of the image in pixels
     * @param width of the image in pixels
     */
    public static float[] timeIds(int height, int width) {
        return new float[] {height, width, 0, 0, height, width};
    }

    private static Value sample(Recorder g, UNetConfig config) {
        return UNetInputs.sample(g, config, IMAGES);
    }

    private static Value context(Recorder g, UNetConfig config, String name) {
        return g.input(name, Dim.of(1), Dim.symbol("S"), Dim.of(config.crossAttentionDim()));
    }

    /** [1, ..] for every image. */
    private static Value repeat(Value one) {
        List<Dim> shape = new ArrayList<>(one.shape());
        shape.set(0, IMAGES);
        return one.expand(shape.toArray(new Dim[0]));
    }

    /**
     * What the network answers, what its last convolution reads for that, and what enters the
     * outermost block of its way up.
     */
    private record Prediction(Value sample, Value features, Value deep) {
        void keep(Recorder g, DeepFeatures features) {
            if (features == DeepFeatures.KEPT) {
                g.output("deep", deep.toFloat32());
            }
        }
    }

    private static Prediction predict(
            Recorder g, UNetConfig config, UNetInputs inputs, boolean residuals) {
        UNetBlocks blocks =
                new UNetBlocks(config, g.params(), inputs, false, CrossAttentions.UNOBSERVED);
        return predict(g, config, inputs, blocks, residuals);
    }

    private static Prediction predict(
            Recorder g,
            UNetConfig config,
            UNetInputs inputs,
            UNetBlocks blocks,
            boolean residuals) {
        List<Value> skips = blocks.down(convIn(g, config, inputs), config.levels());
        Value middle = blocks.mid(skips.get(skips.size() - 1));
        if (residuals) {
            skips = withResiduals(g, skips);
            middle = middle.add(g.input("mid_residual", middle.shape().toArray(new Dim[0])));
        }
        List<Value> stack = new ArrayList<>(skips);
        Value deep = blocks.up(middle, stack, 0, config.levels() - 1);
        return outermost(g, config, blocks, deep, stack);
    }

    private static Prediction predict(
            Recorder g, UNetConfig config, UNetInputs inputs, Shortcuts shortcuts) {
        UNetBlocks blocks =
                new UNetBlocks(
                        config,
                        g.params(),
                        inputs,
                        shortcuts.mergesTokens(),
                        CrossAttentions.UNOBSERVED);
        if (shortcuts.features() != DeepFeatures.GIVEN) {
            return predict(g, config, inputs, blocks, false);
        }
        Value first = convIn(g, config, inputs);
        List<Value> skips = blocks.down(first, 1);
        int inner = Math.min(1, config.levels() - 1);
        Value deep =
                g.input(
                        "deep",
                        inputs.context().size(0),
                        Dim.of(config.blockOutChannels().get(inner)),
                        first.size(2),
                        first.size(3));
        return outermost(g, config, blocks, deep, new ArrayList<>(skips));
    }

    private static Value convIn(Recorder g, UNetConfig config, UNetInputs inputs) {
        return inputs.sample()
                .conv2d(g.params().at("conv_in"), config.blockOutChannels().get(0), 3);
    }

    private static Prediction outermost(
            Recorder g, UNetConfig config, UNetBlocks blocks, Value deep, List<Value> stack) {
        Value h = blocks.up(deep, stack, config.levels() - 1, config.levels());
        h =
                h.groupNorm(g.params().at("conv_norm_out"), config.normGroups(), config.normEps())
                        .silu();
        Value sample = h.conv2d(g.params().at("conv_out"), config.outChannels(), 3);
        return new Prediction(sample, h, deep);
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
