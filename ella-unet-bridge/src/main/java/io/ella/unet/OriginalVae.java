package io.ella.unet;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.Mapping;
import io.ella.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The autoencoder in the original layout (CompVis {@code diffusionmodules/model.py}). */
final class OriginalVae {
    private static final Pattern UP = Pattern.compile("decoder\\.up_blocks\\.(\\d+)\\.(.*)");

    private OriginalVae() {}

    /** The configuration, in diffusers' vocabulary. */
    static JsonObject config(WeightSource source, String prefix, boolean xl) {
        List<Long> channels = new ArrayList<>();
        while (has(source, "%sdecoder.up.%d.block.0.conv1.weight", prefix, channels.size())) {
            String name = "%sdecoder.up.%d.block.0.conv1.weight".formatted(prefix, channels.size());
            channels.add(OriginalUNet.shape(source, name).get(0));
        }
        int layers = 0;
        while (has(source, "%sdecoder.up.0.block.%d.conv1.weight", prefix, layers)) {
            layers++;
        }
        List<Long> in = OriginalUNet.shape(source, prefix + "decoder.conv_in.weight");
        List<Long> out = OriginalUNet.shape(source, prefix + "decoder.conv_out.weight");
        JsonObject json = new JsonObject();
        json.addProperty("in_channels", out.get(0));
        json.addProperty("out_channels", out.get(0));
        json.addProperty("latent_channels", in.get(1));
        json.add("block_out_channels", new Gson().toJsonTree(channels));
        json.addProperty("layers_per_block", layers - 1);
        json.addProperty("use_quant_conv", source.find(prefix + "quant_conv.weight").isPresent());
        json.addProperty(
                "use_post_quant_conv", source.find(prefix + "post_quant_conv.weight").isPresent());
        json.addProperty(
                "mid_block_add_attention",
                source.find(prefix + "decoder.mid.attn_1.norm.weight").isPresent());
        json.addProperty("scaling_factor", xl ? 0.13025 : 0.18215);
        json.addProperty("force_upcast", xl);
        return json;
    }

    private static boolean has(WeightSource source, String name, String prefix, int index) {
        return source.find(name.formatted(prefix, index)).isPresent();
    }

    static Map<String, Mapping> mappings(Collection<ParameterSpec> declared, String prefix) {
        long levels =
                declared.stream()
                        .map(spec -> UP.matcher(spec.name()))
                        .filter(Matcher::matches)
                        .mapToInt(m -> Integer.parseInt(m.group(1)) + 1)
                        .max()
                        .orElse(0);
        Map<String, Mapping> mappings = new LinkedHashMap<>();
        for (ParameterSpec spec : declared) {
            Mapping mapping = Mapping.from(prefix + original(spec.name(), levels));
            // The projections of the attention layer were 1×1 convolutions.
            boolean linear = spec.shape().size() == 2;
            mappings.put(
                    spec.name(),
                    linear ? mapping.reshaped(spec.shape().get(0), spec.shape().get(1)) : mapping);
        }
        return mappings;
    }

    private static String original(String name, long levels) {
        Matcher up = UP.matcher(name);
        String counted = // the decoder's levels are counted from the outermost, as the encoder's
                up.matches()
                        ? "decoder.up.%d.%s"
                                .formatted(levels - 1 - Integer.parseInt(up.group(1)), up.group(2))
                        : name;
        return counted.replace("down_blocks.", "down.")
                .replace("mid_block.resnets.0", "mid.block_1")
                .replace("mid_block.resnets.1", "mid.block_2")
                .replace("mid_block.attentions.0.group_norm", "mid.attn_1.norm")
                .replace("mid_block.attentions.0.to_out.0", "mid.attn_1.proj_out")
                .replace("mid_block.attentions.0.to_", "mid.attn_1.")
                .replace("resnets.", "block.")
                .replace("conv_shortcut", "nin_shortcut")
                .replace("downsamplers.0.", "downsample.")
                .replace("upsamplers.0.", "upsample.")
                .replace("conv_norm_out", "norm_out");
    }
}
