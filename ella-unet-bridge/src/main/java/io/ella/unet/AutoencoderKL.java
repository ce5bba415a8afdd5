package io.ella.unet;

import io.ella.core.graph.AttentionOptions;
import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Params;
import io.ella.core.graph.Value;
import java.util.List;

/**
 * The autoencoder between images and latents (diffusers {@code autoencoder_kl.py}, {@code vae.py}).
 *
 * <p>Neither direction applies the scaling factor: that is the pipeline's.
 */
public final class AutoencoderKL {
    private static final double EPS = 1e-6;
    private static final Dim B = Dim.symbol("B");
    private static final Dim H = Dim.symbol("H");
    private static final Dim W = Dim.symbol("W");

    private final VaeConfig config;

    private AutoencoderKL(VaeConfig config) {
        this.config = config;
    }

    /**
     * {@return the decoder as a graph: {@code latent} [B, latentChannels, H, W] to {@code image}
     * [B, outChannels, s·H, s·W] around [-1, 1], with s = {@link VaeConfig#scale()}}
     *
     * @param config its configuration
     */
    public static Graph decoder(VaeConfig config) {
        AutoencoderKL vae = new AutoencoderKL(config);
        return Graph.record(
                "vae decoder",
                g -> {
                    Value latent = g.input("latent", B, Dim.of(config.latentChannels()), H, W);
                    g.output("image", vae.decode(latent, g.params()));
                });
    }

    /**
     * {@return the encoder as a graph: {@code image} [B, inChannels, s·H, s·W] in [-1, 1] to {@code
     * mean} and {@code logvar} (limited to [-30, 20]), both [B, latentChannels, H, W]}
     *
     * @param config its configuration
     */
    public static Graph encoder(VaeConfig config) {
        AutoencoderKL vae = new AutoencoderKL(config);
        long s = config.scale();
        return Graph.record(
                "vae encoder",
                g -> {
                    Value image =
                            g.input(
                                    "image",
                                    B,
                                    Dim.of(config.inChannels()),
                                    H.times(s),
                                    W.times(s));
                    List<Value> moments = vae.encode(image, g.params()).chunk(2, 1);
                    g.output("mean", moments.get(0));
                    g.output("logvar", moments.get(1).clamp(-30, 20));
                });
    }

    private Value decode(Value latent, Params p) {
        Params decoder = p.at("decoder");
        List<Integer> channels = config.blockOutChannels();
        int levels = channels.size();
        Value h =
                config.postQuantConv()
                        ? latent.conv2d(p.at("post_quant_conv"), config.latentChannels(), 1)
                        : latent;
        h = h.conv2d(decoder.at("conv_in"), channels.get(levels - 1), 3);
        h = mid(h, decoder.at("mid_block"));
        for (int i = 0; i < levels; i++) {
            Params block = decoder.at("up_blocks", i);
            int out = channels.get(levels - 1 - i);
            for (int j = 0; j <= config.layersPerBlock(); j++) {
                h = resnet(h, block.at("resnets", j), out);
            }
            if (i < levels - 1) {
                h = h.upsampleNearest(h.size(2).times(2), h.size(3).times(2));
                h = h.conv2d(block.at("upsamplers.0.conv"), out, 3);
            }
        }
        return out(h, decoder, config.outChannels());
    }

    private Value encode(Value image, Params p) {
        Params encoder = p.at("encoder");
        List<Integer> channels = config.blockOutChannels();
        Value h = image.conv2d(encoder.at("conv_in"), channels.get(0), 3);
        for (int i = 0; i < channels.size(); i++) {
            Params block = encoder.at("down_blocks", i);
            for (int j = 0; j < config.layersPerBlock(); j++) {
                h = resnet(h, block.at("resnets", j), channels.get(i));
            }
            if (i < channels.size() - 1) {
                // Zeros to the right and below only, as the original model has it.
                h =
                        h.zeroPad2d(0, 1, 0, 1)
                                .conv2d(block.at("downsamplers.0.conv"), channels.get(i), 3, 2, 0);
            }
        }
        h = mid(h, encoder.at("mid_block"));
        int moments = 2 * config.latentChannels();
        h = out(h, encoder, moments);
        return config.quantConv() ? h.conv2d(p.at("quant_conv"), moments, 1) : h;
    }

    private Value mid(Value x, Params p) {
        long channels = x.size(1).constant();
        Value h = resnet(x, p.at("resnets.0"), channels);
        if (config.midAttention()) {
            h = attention(h, p.at("attentions.0"));
        }
        return resnet(h, p.at("resnets.1"), channels);
    }

    private Value resnet(Value x, Params p, long out) {
        Value h =
                x.groupNorm(p.at("norm1"), config.normGroups(), EPS)
                        .silu()
                        .conv2d(p.at("conv1"), out, 3);
        h =
                h.groupNorm(p.at("norm2"), config.normGroups(), EPS)
                        .silu()
                        .conv2d(p.at("conv2"), out, 3);
        boolean same = x.size(1).equals(h.size(1));
        return (same ? x : x.conv2d(p.at("conv_shortcut"), out, 1)).add(h);
    }

    private Value attention(Value x, Params p) {
        Dim channels = x.size(1);
        long width = channels.constant();
        Dim tokens = x.size(2).times(x.size(3));
        Value n = x.groupNorm(p.at("group_norm"), config.normGroups(), EPS);
        n = n.permute(0, 2, 3, 1).reshape(x.size(0), tokens, channels);
        Value q = n.linear(p.at("to_q"), width);
        Value k = n.linear(p.at("to_k"), width);
        Value v = n.linear(p.at("to_v"), width);
        Value h = q.attention(k, v, AttentionOptions.heads(1)).linear(p.at("to_out.0"), width);
        return h.reshape(x.size(0), x.size(2), x.size(3), channels).permute(0, 3, 1, 2).add(x);
    }

    private Value out(Value x, Params p, long channels) {
        Value h = x.groupNorm(p.at("conv_norm_out"), config.normGroups(), EPS).silu();
        return h.conv2d(p.at("conv_out"), channels, 3);
    }
}
