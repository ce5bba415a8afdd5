package io.ella.unet;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.ella.core.weights.Mapping;
import io.ella.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text encoder in the original layout: transformers' CLIP below a prefix, or OpenCLIP's own names
 * (mlfoundations {@code open_clip/transformer.py}).
 */
final class OriginalClip {
    private static final String TEXT_MODEL = "text_model.";
    private static final Pattern RESBLOCK =
            Pattern.compile("transformer\\.resblocks\\.(\\d+)\\.(.*)");

    private static final Map<String, String> OUTSIDE =
            Map.of(
                    "token_embedding.weight", "embeddings.token_embedding.weight",
                    "positional_embedding", "embeddings.position_embedding.weight",
                    "ln_final.weight", "final_layer_norm.weight",
                    "ln_final.bias", "final_layer_norm.bias");

    private static final Map<String, String> INSIDE =
            Map.of(
                    "ln_1", "layer_norm1",
                    "ln_2", "layer_norm2",
                    "mlp.c_fc", "mlp.fc1",
                    "mlp.c_proj", "mlp.fc2",
                    "attn.out_proj", "self_attn.out_proj");

    private final WeightSource source;
    private final String prefix;
    private final boolean open;

    /** Whether the pooled text is projected (SDXL's second encoder). */
    private final boolean projected;

    private OriginalClip(WeightSource source, String prefix, boolean open, boolean projected) {
        this.source = source;
        this.prefix = prefix;
        this.open = open;
        this.projected = projected;
    }

    static List<OriginalClip> all(WeightSource source) {
        List<OriginalClip> found = new ArrayList<>();
        String first = "cond_stage_model.transformer.";
        String sd2 = "cond_stage_model.model.";
        String xlFirst = "conditioner.embedders.0.transformer.";
        String xlSecond = "conditioner.embedders.1.model.";
        for (String prefix : List.of(first, xlFirst)) {
            // Recent versions of transformers have no text_model before the names.
            for (String all : List.of(prefix + TEXT_MODEL, prefix)) {
                if (source.find(all + "embeddings.token_embedding.weight").isPresent()) {
                    found.add(new OriginalClip(source, all, false, false));
                    break;
                }
            }
        }
        for (String prefix : List.of(sd2, xlSecond)) {
            if (source.find(prefix + "token_embedding.weight").isPresent()) {
                found.add(new OriginalClip(source, prefix, true, prefix.equals(xlSecond)));
            }
        }
        return found;
    }

    private int layers() {
        String name =
                open
                        ? "%stransformer.resblocks.%d.ln_1.weight"
                        : "%sencoder.layers.%d.layer_norm1.weight";
        int stored = 0;
        while (source.find(name.formatted(prefix, stored)).isPresent()) {
            stored++;
        }
        // 2.x takes what the layer before the last gives, so diffusers leaves the last out.
        return open && !projected ? stored - 1 : stored;
    }

    /** The configuration, in transformers' vocabulary. */
    JsonObject config() {
        String tokens = open ? "token_embedding.weight" : "embeddings.token_embedding.weight";
        String positions = open ? "positional_embedding" : "embeddings.position_embedding.weight";
        String inner =
                open
                        ? "transformer.resblocks.0.mlp.c_fc.weight"
                        : "encoder.layers.0.mlp.fc1.weight";
        long vocabulary = shape(tokens).get(0);
        long width = shape(tokens).get(1);
        JsonObject json = new JsonObject();
        String architecture = projected ? "CLIPTextModelWithProjection" : "CLIPTextModel";
        json.add("architectures", new Gson().toJsonTree(List.of(architecture)));
        json.addProperty("model_type", "clip_text_model");
        json.addProperty("vocab_size", vocabulary);
        json.addProperty("hidden_size", width);
        json.addProperty("intermediate_size", shape(inner).get(0));
        json.addProperty("num_hidden_layers", layers());
        json.addProperty("num_attention_heads", Math.max(1, width / 64));
        json.addProperty("max_position_embeddings", shape(positions).get(0));
        json.addProperty("hidden_act", open ? "gelu" : "quick_gelu");
        json.addProperty("eos_token_id", vocabulary - 1);
        if (projected) {
            json.addProperty("projection_dim", shape("text_projection").get(1));
        }
        return json;
    }

    Map<String, Mapping> mappings() {
        Map<String, Mapping> mappings = new LinkedHashMap<>();
        int layers = layers();
        for (String stored : source.names()) {
            if (!stored.startsWith(prefix)) {
                continue;
            }
            String name = stored.substring(prefix.length());
            Mapping same = Mapping.from(stored);
            if (!open) {
                if (!name.endsWith("position_ids")) {
                    mappings.put(TEXT_MODEL + name, same);
                }
                continue;
            }
            Matcher block = RESBLOCK.matcher(name);
            String outside = OUTSIDE.get(name);
            if (outside != null) {
                mappings.put(TEXT_MODEL + outside, same);
            } else if (name.equals("text_projection") && projected) {
                mappings.put("text_projection.weight", same.transposed());
            } else if (block.matches() && Integer.parseInt(block.group(1)) < layers) {
                String layer = TEXT_MODEL + "encoder.layers." + block.group(1) + ".";
                resblock(mappings, layer, block.group(2), same);
            }
        }
        return mappings;
    }

    private void resblock(
            Map<String, Mapping> mappings, String layer, String name, Mapping stored) {
        String packed = "attn.in_proj_";
        if (name.startsWith(packed)) {
            long width = shape("token_embedding.weight").get(1);
            String ending = name.substring(packed.length());
            String[] projections = {"q_proj", "k_proj", "v_proj"};
            for (int i = 0; i < projections.length; i++) {
                mappings.put(
                        layer + "self_attn." + projections[i] + "." + ending,
                        stored.rows(i * width, (i + 1) * width));
            }
            return;
        }
        int dot = name.lastIndexOf('.');
        String module = INSIDE.get(name.substring(0, Math.max(0, dot)));
        if (module != null) {
            mappings.put(layer + module + name.substring(dot), stored);
        }
    }

    private List<Long> shape(String name) {
        return OriginalUNet.shape(source, prefix + name);
    }
}
