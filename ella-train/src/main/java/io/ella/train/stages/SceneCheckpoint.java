package io.ella.train.stages;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.DType;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.WeightSource;
import io.ella.train.scenes.Mentions;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneTokenizers;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.UNet2DConditionModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The trained models as a folder that pipelines open, weights in fp16. */
final class SceneCheckpoint {
    private static final String DIFFUSERS_WEIGHTS = "diffusion_pytorch_model.safetensors";
    private static final String TRANSFORMERS_WEIGHTS = "model.safetensors";

    /** Zero-SNR schedules oversaturate with what is usual (arXiv 2305.08891, section 3.4). */
    private static final double GUIDANCE = 2;

    private final Path folder;

    SceneCheckpoint(Path folder) {
        this.folder = folder;
    }

    void vae(WeightSource source, double scalingFactor) {
        JsonObject config = SceneModels.json("vae");
        config.addProperty("scaling_factor", scalingFactor);
        Set<ParameterSpec> both = new LinkedHashSet<>();
        both.addAll(AutoencoderKL.encoder(SceneModels.vae()).parameters());
        both.addAll(AutoencoderKL.decoder(SceneModels.vae()).parameters());
        write("vae/config.json", config);
        weights("vae/" + DIFFUSERS_WEIGHTS, source, both);
    }

    /** The decoder for previews, whose latents have a deviation of 1. */
    void tinyVae(WeightSource source) {
        write("tiny_vae/config.json", SceneModels.json("tiny_vae"));
        weights(
                "tiny_vae/" + DIFFUSERS_WEIGHTS,
                source,
                SceneModels.tinyVae().graph().parameters());
    }

    /** The denoising network, its text encoder with the tokenizer, the schedule and the index. */
    void base(WeightSource unet, WeightSource textEncoder) {
        write("unet/config.json", SceneModels.json("unet"));
        weights(
                "unet/" + DIFFUSERS_WEIGHTS,
                unet,
                UNet2DConditionModel.graph(SceneModels.unet(), false).parameters());
        write("text_encoder/config.json", SceneModels.json("text_encoder"));
        weights(
                "text_encoder/" + TRANSFORMERS_WEIGHTS,
                textEncoder,
                SceneModels.clip().graph().parameters());
        SceneTokenizers.writeClip(folder.resolve("tokenizer"));
        write("scheduler/scheduler_config.json", SceneModels.json("scheduler"));
        write("model_index.json", index());
    }

    /**
     * What tells maps from the network's last features, and words from its text encoder's: training
     * alone reads it.
     */
    void maps(WeightSource source) {
        long width = SceneModels.unet().blockOutChannels().get(0);
        weights(
                SceneTraining.MAPS_FOLDER + "/" + TRANSFORMERS_WEIGHTS,
                source,
                List.of(
                        ParameterSpec.of("weight", SceneMaps.COUNT, width, 1, 1),
                        ParameterSpec.of("bias", SceneMaps.COUNT),
                        ParameterSpec.of("words", Mentions.WORDS, SceneModels.clipWidth())));
    }

    /** The connector and the language model in front of it. */
    void ella(Variant variant, WeightSource connector, WeightSource textEncoder) {
        write("ella/ella.json", variant.json());
        weights("ella/ella.safetensors", connector, variant.config().graph().parameters());
        write("ella_text_encoder/config.json", SceneModels.json(variant.textEncoder()));
        weights(
                "ella_text_encoder/" + TRANSFORMERS_WEIGHTS,
                textEncoder,
                variant.text().graph().parameters());
        variant.writeTokenizer(folder.resolve("ella_text_encoder"));
    }

    private static JsonObject index() {
        JsonObject index = new JsonObject();
        index.addProperty("_class_name", "StableDiffusionPipeline");
        index.addProperty("guidance_scale", GUIDANCE);
        component(index, "scheduler", "diffusers", "DDIMScheduler");
        component(index, "text_encoder", "transformers", "CLIPTextModel");
        component(index, "tokenizer", "transformers", "PreTrainedTokenizerFast");
        component(index, "unet", "diffusers", "UNet2DConditionModel");
        component(index, "vae", "diffusers", "AutoencoderKL");
        return index;
    }

    private static void component(JsonObject index, String name, String library, String type) {
        JsonArray value = new JsonArray();
        value.add(library);
        value.add(type);
        index.add(name, value);
    }

    private void weights(String file, WeightSource source, Collection<ParameterSpec> parameters) {
        Safetensors.write(
                made(file),
                Map.of("format", "pt"),
                parameters.stream().map(p -> source.tensor(p).to(DType.F16)).toList());
    }

    private void write(String file, JsonObject json) {
        Path path = made(file);
        try {
            Files.writeString(path, SceneModels.text(json));
        } catch (IOException e) {
            throw new EllaException(path + " cannot be written: " + e, e);
        }
    }

    /** The path of a file whose folder is there. */
    private Path made(String file) {
        Path path = folder.resolve(file);
        try {
            Files.createDirectories(path.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw new EllaException("the folder of " + path + " cannot be made: " + e, e);
        }
        return path;
    }
}
