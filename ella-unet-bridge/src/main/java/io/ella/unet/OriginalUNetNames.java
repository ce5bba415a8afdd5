package io.ella.unet;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the original Stable Diffusion code calls the parts of the U-Net (CompVis {@code
 * openaimodel.py}): layers are counted through all levels in {@code input_blocks} and {@code
 * output_blocks}.
 */
final class OriginalUNetNames {
    private static final Map<String, String> RESNET =
            Map.of(
                    "norm1", "in_layers.0",
                    "conv1", "in_layers.2",
                    "time_emb_proj", "emb_layers.1",
                    "norm2", "out_layers.0",
                    "conv2", "out_layers.3",
                    "conv_shortcut", "skip_connection");

    private static final Map<String, String> OUTSIDE =
            Map.ofEntries(
                    Map.entry("time_embedding.linear_1", "time_embed.0"),
                    Map.entry("time_embedding.linear_2", "time_embed.2"),
                    Map.entry("add_embedding.linear_1", "label_emb.0.0"),
                    Map.entry("add_embedding.linear_2", "label_emb.0.2"),
                    Map.entry("conv_in", "input_blocks.0.0"),
                    Map.entry("mid_block.resnets.0", "middle_block.0"),
                    Map.entry("mid_block.attentions.0", "middle_block.1"),
                    Map.entry("mid_block.resnets.1", "middle_block.2"),
                    Map.entry("conv_norm_out", "out.0"),
                    Map.entry("conv_out", "out.2"));

    private static final Pattern BLOCK =
            Pattern.compile("(down|up)_blocks\\.(\\d+)\\.(resnets|attentions)\\.(\\d+)\\..*");

    /** By the name that diffusers has for the module. */
    private final Map<String, String> modules = new HashMap<>(OUTSIDE);

    private OriginalUNetNames() {}

    /**
     * {@return the names as the original code counts}
     *
     * @param diffusers the names of all parameters of the U-Net
     */
    static OriginalUNetNames of(Collection<String> diffusers) {
        Map<Integer, Integer> down = new TreeMap<>();
        Map<Integer, Integer> up = new TreeMap<>();
        Map<Integer, Integer> attentions = new TreeMap<>();
        for (String name : diffusers) {
            Matcher m = BLOCK.matcher(name);
            if (m.matches()) {
                boolean isDown = m.group(1).equals("down");
                boolean isResnet = m.group(3).equals("resnets");
                int count = Integer.parseInt(m.group(4)) + 1;
                if (isResnet) {
                    (isDown ? down : up).merge(Integer.parseInt(m.group(2)), count, Math::max);
                } else if (!isDown) {
                    attentions.merge(Integer.parseInt(m.group(2)), count, Math::max);
                }
            }
        }
        List<String> downsamplers = new ArrayList<>();
        List<List<String>> inputs = new ArrayList<>();
        int next = 1; // 0 is conv_in
        for (int layers : down.values()) {
            List<String> level = new ArrayList<>();
            for (int i = 0; i < layers; i++) {
                level.add("input_blocks." + next++);
            }
            inputs.add(level);
            downsamplers.add("input_blocks.%d.0.op".formatted(next++));
        }
        List<String> upsamplers = new ArrayList<>();
        List<List<String>> outputs = new ArrayList<>();
        next = 0;
        for (Map.Entry<Integer, Integer> block : up.entrySet()) {
            List<String> level = new ArrayList<>();
            for (int i = 0; i < block.getValue(); i++) {
                level.add("output_blocks." + next++);
            }
            outputs.add(level);
            // In the block of the last layer, after its resnet and, where there is one, attention.
            int place = attentions.containsKey(block.getKey()) ? 2 : 1;
            upsamplers.add("output_blocks.%d.%d.conv".formatted(next - 1, place));
        }
        return of(inputs, downsamplers, outputs, upsamplers);
    }

    /**
     * {@return the names with the numbers that a file has}
     *
     * @param inputs for each level, where its layers are, such as {@code input_blocks.1}
     * @param downsamplers for each level but the last, the convolution
     * @param outputs as inputs, from the innermost level
     * @param upsamplers as downsamplers, from the innermost level
     */
    static OriginalUNetNames of(
            List<List<String>> inputs,
            List<String> downsamplers,
            List<List<String>> outputs,
            List<String> upsamplers) {
        OriginalUNetNames names = new OriginalUNetNames();
        names.blocks("down_blocks", inputs);
        names.blocks("up_blocks", outputs);
        for (int i = 0; i < downsamplers.size(); i++) {
            String name = "down_blocks.%d.downsamplers.0.conv".formatted(i);
            names.modules.put(name, downsamplers.get(i));
        }
        for (int i = 0; i < upsamplers.size(); i++) {
            String name = "up_blocks.%d.upsamplers.0.conv".formatted(i);
            names.modules.put(name, upsamplers.get(i));
        }
        return names;
    }

    private void blocks(String name, List<List<String>> levels) {
        for (int i = 0; i < levels.size(); i++) {
            for (int j = 0; j < levels.get(i).size(); j++) {
                String original = levels.get(i).get(j);
                modules.put("%s.%d.resnets.%d".formatted(name, i, j), original + ".0");
                modules.put("%s.%d.attentions.%d".formatted(name, i, j), original + ".1");
            }
        }
    }

    /**
     * {@return the original name of a parameter or of a module that has some}
     *
     * @param diffusers its name in diffusers
     */
    Optional<String> of(String diffusers) {
        for (int end = diffusers.length(); end > 0; end = diffusers.lastIndexOf('.', end - 1)) {
            String original = modules.get(diffusers.substring(0, end));
            if (original != null) {
                boolean resnet = diffusers.substring(0, end).contains(".resnets.");
                return Optional.of(original + inside(resnet, diffusers.substring(end)));
            }
        }
        return Optional.empty();
    }

    private static String inside(boolean resnet, String rest) {
        if (!resnet || rest.isEmpty()) {
            return rest;
        }
        int dot = rest.indexOf('.', 1);
        String layer = dot < 0 ? rest.substring(1) : rest.substring(1, dot);
        return "." + RESNET.getOrDefault(layer, layer) + (dot < 0 ? "" : rest.substring(dot));
    }
}
