package io.ella.unet;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The shape of a {@link UNet2DConditionModel}, in the vocabulary of diffusers' {@code config.json}.
 *
 * @param inChannels channels of the sample: 4, or 9 for inpainting models
 * @param outChannels channels of the prediction
 * @param sampleSize height and width of the latent that the model was trained on
 * @param blockOutChannels channels at each level, outermost first
 * @param downBlockTypes for each level, {@code CrossAttnDownBlock2D} or {@code DownBlock2D}
 * @param upBlockTypes for each level from the innermost, {@code CrossAttnUpBlock2D} or {@code
 *     UpBlock2D}
 * @param layersPerBlock residual blocks of each level, on the way down
 * @param transformerLayers transformer blocks in each attention layer, by level
 * @param heads attention heads, by level (diffusers' {@code num_attention_heads}, which its configs
 *     spell {@code attention_head_dim} for historical reasons)
 * @param crossAttentionDim width of the context
 * @param linearProjection whether attention layers project by linear layers instead of 1×1
 *     convolutions
 * @param normGroups groups of the group norms
 * @param normEps added to their variance
 * @param flipSinToCos cosines first in the timestep embedding
 * @param freqShift of the timestep embedding
 * @param additionTimeEmbedDim width of each embedded time id (SDXL); 0 where there are none
 * @param projectionInputDim width of the pooled text and the embedded time ids together (SDXL); 0
 *     where there are none
 */
public record UNetConfig(
        int inChannels,
        int outChannels,
        int sampleSize,
        List<Integer> blockOutChannels,
        List<String> downBlockTypes,
        List<String> upBlockTypes,
        List<Integer> layersPerBlock,
        List<Integer> transformerLayers,
        List<Integer> heads,
        int crossAttentionDim,
        boolean linearProjection,
        int normGroups,
        double normEps,
        boolean flipSinToCos,
        double freqShift,
        int additionTimeEmbedDim,
        int projectionInputDim) {

    private static final Set<String> DOWN = Set.of("DownBlock2D", "CrossAttnDownBlock2D");
    private static final Set<String> UP = Set.of("UpBlock2D", "CrossAttnUpBlock2D");
    private static final List<String> DEFAULT_DOWN =
            List.of(
                    "CrossAttnDownBlock2D",
                    "CrossAttnDownBlock2D",
                    "CrossAttnDownBlock2D",
                    "DownBlock2D");
    private static final List<String> DEFAULT_UP =
            List.of("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D");

    /** Copies the lists. */
    public UNetConfig {
        blockOutChannels = List.copyOf(blockOutChannels);
        downBlockTypes = List.copyOf(downBlockTypes);
        upBlockTypes = List.copyOf(upBlockTypes);
        layersPerBlock = List.copyOf(layersPerBlock);
        transformerLayers = List.copyOf(transformerLayers);
        heads = List.copyOf(heads);
    }

    /**
     * {@return the configuration, with diffusers' defaults where a key is absent}
     *
     * @param config a {@code config.json} of {@code UNet2DConditionModel} or {@code
     *     ControlNetModel}
     * @throws EllaException if a value is malformed, or asks for what is not supported
     */
    public static UNetConfig from(Config config) {
        refuseUnsupported(config);
        List<Integer> channels =
                config.has("block_out_channels")
                        ? config.integers("block_out_channels")
                        : List.of(320, 640, 1280, 1280);
        int levels = channels.size();
        List<String> down = types(config, "down_block_types", DEFAULT_DOWN, DOWN, levels);
        boolean controlNet = !config.has("up_block_types") && !config.has("out_channels");
        List<String> up =
                controlNet
                        ? mirrored(down)
                        : types(config, "up_block_types", DEFAULT_UP, UP, levels);
        String headsKey =
                config.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim";
        return new UNetConfig(
                config.integer("in_channels", 4),
                config.integer("out_channels", 4),
                config.integer("sample_size", 64),
                channels,
                down,
                up,
                list(config, "layers_per_block", levels, 2),
                list(config, "transformer_layers_per_block", levels, 1),
                list(config, headsKey, levels, 8),
                config.integer("cross_attention_dim", 1280),
                config.bool("use_linear_projection", false),
                config.integer("norm_num_groups", 32),
                config.number("norm_eps", 1e-5),
                config.bool("flip_sin_to_cos", true),
                config.number("freq_shift", 0),
                textTime(config) ? config.integer("addition_time_embed_dim") : 0,
                textTime(config) ? config.integer("projection_class_embeddings_input_dim") : 0);
    }

    private static void refuseUnsupported(Config config) {
        config.supportsOnly("mid_block_type", "\"UNetMidBlock2DCrossAttn\"");
        config.supportsOnly("center_input_sample", "false");
        config.supportsOnly("only_cross_attention", "false");
        config.supportsOnly("dual_cross_attention", "false");
        config.supportsOnly("resnet_time_scale_shift", "\"default\"");
        config.supportsOnly("time_embedding_type", "\"positional\"");
        config.supportsOnly("act_fn", "\"silu\"");
        config.supportsOnly("downsample_padding", "1");
        config.supportsOnly("mid_block_scale_factor", "1");
        config.supportsOnly("conv_in_kernel", "3");
        config.supportsOnly("conv_out_kernel", "3");
        for (String key :
                List.of(
                        "class_embed_type",
                        "num_class_embeds",
                        "encoder_hid_dim",
                        "encoder_hid_dim_type",
                        "timestep_post_act",
                        "time_cond_proj_dim",
                        "time_embedding_act_fn",
                        "time_embedding_dim",
                        "reverse_transformer_layers_per_block",
                        "cross_attention_norm")) {
            config.supportsOnly(key, "null");
        }
        config.supportsOnly("class_embeddings_concat", "false");
        config.supportsOnly("resnet_skip_time_act", "false");
        config.supportsOnly("addition_embed_type", "\"text_time\"");
    }

    private static boolean textTime(Config config) {
        return config.has("addition_embed_type");
    }

    private static List<Integer> list(Config config, String key, int count, int absent) {
        return config.has(key) ? config.integers(key, count) : Collections.nCopies(count, absent);
    }

    private static List<String> types(
            Config config, String key, List<String> absent, Set<String> known, int levels) {
        List<String> types = config.has(key) ? config.strings(key) : absent;
        if (!known.containsAll(types) || types.size() != levels) {
            throw new EllaException(
                    "%s: \"%s\" is %s, expected %d of %s"
                            .formatted(config.origin(), key, types, levels, known));
        }
        return types;
    }

    private static List<String> mirrored(List<String> down) {
        List<String> up = new ArrayList<>();
        for (String type : down) {
            up.add(0, type.replace("Down", "Up"));
        }
        return up;
    }

    /** {@return the number of levels} */
    int levels() {
        return blockOutChannels.size();
    }

    /** {@return whether pooled text and time ids are needed (SDXL)} */
    public boolean hasTextTime() {
        return additionTimeEmbedDim > 0;
    }

    /** {@return the width of the pooled text (SDXL); 0 where there is none} */
    public int pooledDim() {
        return hasTextTime()
                ? projectionInputDim - UNet2DConditionModel.TIME_IDS * additionTimeEmbedDim
                : 0;
    }

    boolean attends(int level) {
        return downBlockTypes.get(level).startsWith("CrossAttn");
    }

    /** As {@link #attends}, on the way up: 0 is the innermost block. */
    boolean attendsUp(int block) {
        return upBlockTypes.get(block).startsWith("CrossAttn");
    }
}
