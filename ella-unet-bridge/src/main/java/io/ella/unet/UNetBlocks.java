package io.ella.unet;

import io.ella.core.graph.AttentionOptions;
import io.ella.core.graph.Dim;
import io.ella.core.graph.Params;
import io.ella.core.graph.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The parts that the U-Net and ControlNet share: timestep embedding, residual and attention layers,
 * the way down and the middle (diffusers {@code unet_2d_blocks.py}, {@code transformer_2d.py},
 * {@code attention.py}).
 */
final class UNetBlocks {
    private static final double TRANSFORMER_NORM_EPS = 1e-6;
    private static final double LAYER_NORM_EPS = 1e-5;

    private final UNetConfig config;
    private final Params p;
    private final Value temb;
    private final Value context;
    private final boolean mergesTokens;
    private final CrossAttentions crossAttentions;

    /**
     * @param mergesTokens see {@link Shortcuts}
     * @param crossAttentions told of each
     */
    UNetBlocks(
            UNetConfig config,
            Params p,
            UNetInputs inputs,
            boolean mergesTokens,
            CrossAttentions crossAttentions) {
        this.config = config;
        this.p = p;
        this.temb = timeEmbedding(inputs).silu(); // every residual layer begins with it
        this.context = inputs.context();
        this.mergesTokens = mergesTokens;
        this.crossAttentions = crossAttentions;
    }

    /** [1 or B, 4·C]: the timestep and, for SDXL, the pooled text and the time ids. */
    private Value timeEmbedding(UNetInputs inputs) {
        int width = config.blockOutChannels().get(0);
        Value sines = sinusoid(inputs.timestep(), width);
        Value temb = mlp(sines, p.at("time_embedding"), 4L * width);
        Value pooled = inputs.pooled();
        Value timeIds = inputs.timeIds();
        if (pooled == null || timeIds == null) {
            return temb;
        }
        Dim batch = timeIds.size(0);
        Dim ids = timeIds.size(1);
        int idWidth = config.additionTimeEmbedDim();
        Value embedded =
                sinusoid(timeIds.reshape(batch.times(ids)), idWidth)
                        .reshape(batch, ids.times(idWidth));
        return temb.add(mlp(pooled.concat(-1, embedded), p.at("add_embedding"), 4L * width));
    }

    private Value sinusoid(Value x, int width) {
        return x.sinusoid(width, config.flipSinToCos(), config.freqShift()).toCompute();
    }

    private static Value mlp(Value x, Params p, long width) {
        return x.linear(p.at("linear_1"), width).silu().linear(p.at("linear_2"), width);
    }

    /**
     * The way down: the sample after {@code conv_in}, then after every layer.
     *
     * @param levels how many; what leads below the last of them is left out
     */
    List<Value> down(Value first, int levels) {
        List<Value> all = new ArrayList<>(List.of(first));
        Value x = first;
        for (int level = 0; level < levels; level++) {
            Params block = p.at("down_blocks", level);
            int channels = config.blockOutChannels().get(level);
            for (int i = 0; i < config.layersPerBlock().get(level); i++) {
                x = resnet(x, block.at("resnets", i), channels);
                if (config.attends(level)) {
                    x = transformer(x, block.at("attentions", i), level);
                }
                all.add(x);
            }
            if (level < levels - 1) {
                x = x.conv2d(block.at("downsamplers.0.conv"), channels, 3, 2, 1);
                all.add(x);
            }
        }
        return all;
    }

    Value mid(Value x) {
        Params block = p.at("mid_block");
        int innermost = config.levels() - 1;
        int channels = config.blockOutChannels().get(innermost);
        Value h = resnet(x, block.at("resnets.0"), channels);
        h = transformer(h, block.at("attentions.0"), innermost);
        return resnet(h, block.at("resnets.1"), channels);
    }

    /**
     * The way up, or some of its blocks.
     *
     * @param stack the skips, which it takes from the last to the first
     * @param from the first block, 0 for the innermost
     * @param to the block after the last
     */
    Value up(Value middle, List<Value> stack, int from, int to) {
        Value x = middle;
        for (int i = from; i < to; i++) {
            int level = config.levels() - 1 - i;
            Params block = p.at("up_blocks", i);
            int channels = config.blockOutChannels().get(level);
            for (int j = 0; j <= config.layersPerBlock().get(level); j++) {
                Value skip = stack.remove(stack.size() - 1);
                x = resnet(x.concat(1, forContext(skip)), block.at("resnets", j), channels);
                if (config.attendsUp(i)) {
                    x = transformer(x, block.at("attentions", j), level);
                }
            }
            if (level > 0) {
                Value next = stack.get(stack.size() - 1); // odd sizes: as large as what comes next
                x = x.upsampleNearest(next.size(2), next.size(3));
                x = x.conv2d(block.at("upsamplers.0.conv"), channels, 3);
            }
        }
        return x;
    }

    /** What guidance has computed once for both prompts, once for each. */
    private Value forContext(Value x) {
        return x.size(0).equals(context.size(0)) ? x : x.concat(0, x);
    }

    private Value resnet(Value x, Params at, long out) {
        int groups = config.normGroups();
        double eps = config.normEps();
        Value h = x.groupNorm(at.at("norm1"), groups, eps).silu().conv2d(at.at("conv1"), out, 3);
        h = h.add(temb.linear(at.at("time_emb_proj"), out).unsqueezeEnd(2));
        h = h.groupNorm(at.at("norm2"), groups, eps).silu().conv2d(at.at("conv2"), out, 3);
        boolean same = x.size(1).equals(h.size(1));
        return (same ? x : x.conv2d(at.at("conv_shortcut"), out, 1)).add(h);
    }

    private Value transformer(Value x, Params at, int level) {
        Dim batch = x.size(0);
        Dim channels = x.size(1);
        Dim tokens = x.size(2).times(x.size(3));
        long width = channels.constant();
        Value h = x.groupNorm(at.at("norm"), config.normGroups(), TRANSFORMER_NORM_EPS);
        if (!config.linearProjection()) {
            h = h.conv2d(at.at("proj_in"), width, 1);
        }
        h = h.permute(0, 2, 3, 1).reshape(batch, tokens, channels);
        if (config.linearProjection()) {
            h = h.linear(at.at("proj_in"), width);
        }
        for (int i = 0; i < config.transformerLayers().get(level); i++) {
            h = transformerBlock(h, x, at.at("transformer_blocks", i), level);
        }
        if (config.linearProjection()) {
            h = h.linear(at.at("proj_out"), width);
        }
        h = h.reshape(h.size(0), x.size(2), x.size(3), channels).permute(0, 3, 1, 2);
        if (!config.linearProjection()) {
            h = h.conv2d(at.at("proj_out"), width, 1);
        }
        return h.add(forContext(x));
    }

    /** Whether a level is the outermost that attends, and merges tokens. */
    private boolean merges(int level) {
        return mergesTokens && IntStream.range(0, level).noneMatch(config::attends);
    }

    /** The mean of each 2×2 tokens of an image. */
    private static Value merged(Value tokens, Value image) {
        Dim batch = tokens.size(0);
        Dim channels = tokens.size(2);
        Value pooled =
                tokens.permute(0, 2, 1)
                        .reshape(batch, channels, image.size(2), image.size(3))
                        .averagePool2d();
        return pooled.reshape(batch, channels, pooled.size(2).times(pooled.size(3)))
                .permute(0, 2, 1);
    }

    private Value transformerBlock(Value x, Value image, Params at, int level) {
        int heads = config.heads().get(level);
        Value n = x.layerNorm(at.at("norm1"), LAYER_NORM_EPS);
        Value read = merges(level) ? merged(n, image) : n;
        Value h = forContext(x.add(attention(n, read, at.at("attn1"), heads)));
        n = h.layerNorm(at.at("norm2"), LAYER_NORM_EPS);
        Params cross = at.at("attn2");
        Value heard = attention(n, context, cross, heads);
        crossAttentions.recorded(cross, n, heads, heard);
        h = h.add(heard);
        n = h.layerNorm(at.at("norm3"), LAYER_NORM_EPS);
        return h.add(feedForward(n, at.at("ff.net")));
    }

    static Value attention(Value x, Value context, Params at, int heads) {
        long width = x.size(-1).constant();
        Value q = x.linearNoBias(at.at("to_q"), width);
        Value k = context.linearNoBias(at.at("to_k"), width);
        Value v = context.linearNoBias(at.at("to_v"), width);
        return q.attention(k, v, AttentionOptions.heads(heads)).linear(at.at("to_out.0"), width);
    }

    /** GEGLU: half of the first layer gates the other half. */
    private static Value feedForward(Value x, Params at) {
        long width = x.size(-1).constant();
        List<Value> halves = x.linear(at.at("0.proj"), 8 * width).chunk(2, -1);
        return halves.get(0).mul(halves.get(1).gelu()).linear(at.at("2"), width);
    }
}
