package io.ella.unet;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the names and shapes of a file in the original layout say about its U-Net. */
final class OriginalUNet {
    private static final Pattern LAYER =
            Pattern.compile("(input|output)_blocks\\.(\\d+)\\.0\\.in_layers\\.2\\.weight");
    private static final Pattern DOWN =
            Pattern.compile("(input)_blocks\\.(\\d+)\\.0\\.op\\.weight");
    private static final Pattern UP =
            Pattern.compile("(output)_blocks\\.(\\d+)\\.\\d+\\.conv\\.weight");

    private final WeightSource source;
    private final String prefix;

    // Where each thing is by the number of its block; the numbers may have gaps, as those of
    // diffusers' own conversion have.
    private final SortedMap<Integer, String> downsamplers = new TreeMap<>();
    private final SortedMap<Integer, String> upsamplers = new TreeMap<>();
    private final List<List<String>> inputs;
    private final List<List<String>> outputs;

    OriginalUNet(WeightSource source, String prefix) {
        this.source = source;
        this.prefix = prefix;
        SortedMap<Integer, String> in = new TreeMap<>();
        SortedMap<Integer, String> out = new TreeMap<>();
        for (String stored : source.names()) {
            if (!stored.startsWith(prefix)) {
                continue;
            }
            String name = stored.substring(prefix.length());
            String module = name.replaceFirst("\\.weight$", "");
            Matcher layer = LAYER.matcher(name);
            Matcher down = DOWN.matcher(name);
            Matcher up = UP.matcher(name);
            if (layer.matches()) {
                String block = layer.group(1) + "_blocks." + layer.group(2);
                (layer.group(1).equals("input") ? in : out)
                        .put(Integer.parseInt(layer.group(2)), block);
            } else if (down.matches()) {
                downsamplers.put(Integer.parseInt(down.group(2)), module);
            } else if (up.matches()) {
                upsamplers.put(Integer.parseInt(up.group(2)), module);
            }
        }
        inputs = levels(in, downsamplers);
        outputs = levels(out, upsamplers);
        boolean whole =
                inputs.size() == outputs.size()
                        && inputs.stream().noneMatch(List::isEmpty)
                        && outputs.stream().noneMatch(List::isEmpty);
        if (!whole) {
            throw new EllaException(
                    "%s: holds no whole U-Net: %s layers at the levels on the way down and %s on the way up. Is the file complete?"
                            .formatted(
                                    source.description(),
                                    inputs.stream().map(List::size).toList(),
                                    outputs.stream().map(List::size).toList()));
        }
    }

    /** Cuts the layers after each resampling. */
    private static List<List<String>> levels(
            SortedMap<Integer, String> layers, SortedMap<Integer, String> resamplers) {
        List<List<String>> levels = new ArrayList<>();
        int from = 0;
        for (int end : resamplers.keySet()) {
            levels.add(List.copyOf(layers.subMap(from, end + 1).values()));
            from = end + 1;
        }
        levels.add(List.copyOf(layers.tailMap(from).values()));
        return levels;
    }

    OriginalUNetNames names() {
        return OriginalUNetNames.of(
                inputs,
                List.copyOf(downsamplers.values()),
                outputs,
                List.copyOf(upsamplers.values()));
    }

    boolean linearProjection() {
        return shape("middle_block.1.proj_in.weight").size() == 2;
    }

    int inChannels() {
        return shape("input_blocks.0.0.weight").get(1).intValue();
    }

    /** The configuration, in diffusers' vocabulary. */
    JsonObject config(OriginalLayout.Family family, int sampleSize) {
        List<Integer> channels = new ArrayList<>();
        List<Integer> depths = new ArrayList<>();
        List<String> down = new ArrayList<>();
        for (List<String> level : inputs) {
            String layer = level.get(0);
            channels.add(shape(layer + ".0.in_layers.2.weight").get(0).intValue());
            boolean attends = attends(layer);
            down.add(attends ? "CrossAttnDownBlock2D" : "DownBlock2D");
            depths.add(attends ? depth(layer + ".1") : 1);
        }
        depths.set(depths.size() - 1, depth("middle_block.1")); // the middle has that of the last
        int contextWidth =
                shape("middle_block.1.transformer_blocks.0.attn2.to_k.weight").get(1).intValue();
        List<String> up = new ArrayList<>();
        for (List<String> level : outputs) {
            up.add(attends(level.get(0)) ? "CrossAttnUpBlock2D" : "UpBlock2D");
        }
        boolean eight = family == OriginalLayout.Family.SD1;
        JsonObject json = new JsonObject();
        Gson gson = new Gson();
        json.addProperty("sample_size", sampleSize);
        json.addProperty("in_channels", inChannels());
        json.addProperty("out_channels", shape("out.2.weight").get(0));
        json.add("block_out_channels", gson.toJsonTree(channels));
        json.add("down_block_types", gson.toJsonTree(down));
        json.add("up_block_types", gson.toJsonTree(up));
        json.add("layers_per_block", gson.toJsonTree(inputs.stream().map(List::size).toList()));
        json.add("transformer_layers_per_block", gson.toJsonTree(depths));
        json.add(
                "attention_head_dim",
                gson.toJsonTree(
                        eight
                                ? Collections.nCopies(channels.size(), sd1Heads(channels.get(0)))
                                : channels.stream().map(c -> Math.max(1, c / 64)).toList()));
        json.addProperty("cross_attention_dim", contextWidth);
        json.addProperty("use_linear_projection", linearProjection());
        if (family == OriginalLayout.Family.SDXL) {
            long width = shape("label_emb.0.0.weight").get(1);
            json.addProperty("addition_embed_type", "text_time");
            json.addProperty("addition_time_embed_dim", 256);
            json.addProperty("projection_class_embeddings_input_dim", width);
        }
        return json;
    }

    /**
     * Published: 8 everywhere. A smaller model has fewer, for no head is narrower than 8 channels.
     */
    private static int sd1Heads(int channels) {
        return Math.max(1, Math.min(8, channels / 8));
    }

    private boolean attends(String layer) {
        return source.find(prefix + layer + ".1.norm.weight").isPresent();
    }

    private int depth(String attention) {
        int depth = 0;
        while (source.find(
                        "%s%s.transformer_blocks.%d.norm1.weight"
                                .formatted(prefix, attention, depth))
                .isPresent()) {
            depth++;
        }
        return depth;
    }

    private List<Long> shape(String name) {
        return shape(source, prefix + name);
    }

    /** The shape of a parameter that has to be there. */
    static List<Long> shape(WeightSource source, String name) {
        return source.find(name)
                .map(ParameterSpec::shape)
                .orElseThrow(
                        () ->
                                new EllaException(
                                        "%s: \"%s\" is missing. Is the file complete?"
                                                .formatted(source.description(), name)));
    }
}
