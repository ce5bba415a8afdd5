package io.ella.pipeline;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.encoders.TokenLength;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How an image was made: the files of the model with their hashes, the version of this library, and
 * every setting. It is written into PNG files and can be replayed.
 *
 * @param settings what the pipeline was asked for, every default filled in: prompt, seed, size, …
 * @param pipeline what the pipeline was built from: paths, device, precisions
 * @param files SHA-256 of each weight file, by path
 */
public record Provenance(
        Map<String, Object> settings, Map<String, String> pipeline, Map<String, String> files) {

    /** Begins the keys of {@code pipeline} that tell of a LoRA. */
    static final String LORA = "lora";

    /** The key of an autoencoder that was given in place of the model's own. */
    static final String VAE = "vae";

    /** The key that is there where the model's tiny one was asked for. */
    static final String TINY_VAE = "tiny_vae";

    /** Copies the maps, in their order. */
    public Provenance {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        pipeline = Collections.unmodifiableMap(new LinkedHashMap<>(pipeline));
        files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    }

    /** {@return the JSON that {@link #parse} reads} */
    public String toJson() {
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(this);
    }

    /**
     * {@return the provenance that an image carries}
     *
     * @param json the text of its {@code ella} chunk
     * @param origin how messages call it
     * @throws EllaException if the text is none
     */
    public static Provenance parse(String json, String origin) {
        Config config = Config.parse(json, origin);
        Map<String, Object> settings = new LinkedHashMap<>();
        JsonObject values = config.object("settings").toJson();
        values.asMap().forEach((key, value) -> settings.put(key, value(value, origin + " " + key)));
        return new Provenance(
                settings, texts(config.object("pipeline")), texts(config.object("files")));
    }

    private static Map<String, String> texts(Config config) {
        Map<String, String> map = new LinkedHashMap<>();
        config.keys().forEach(key -> map.put(key, config.string(key)));
        return map;
    }

    private static Object value(JsonElement value, String what) {
        if (!(value instanceof JsonPrimitive primitive)) {
            throw new EllaException(what + " is " + value + ", expected a text or a number");
        }
        return primitive.isNumber() ? primitive.getAsBigDecimal() : primitive.getAsString();
    }

    /** {@return whether the embedded default model drew the image} */
    public boolean isEmbedded() {
        return ModelPaths.EMBEDDED.equals(pipeline.get("model"));
    }

    /**
     * {@return what builds the pipeline that drew the image, from the files where they were then}
     *
     * @throws EllaException if the model is not named, or a value makes no sense
     */
    public ElllaPipeline.Builder pipelineBuilder() {
        Config config = Config.parse(toJson(), "the provenance").object("pipeline");
        ElllaPipeline.Builder builder =
                ElllaPipeline.builder()
                        .device(Device.of(config.string("device", "cpu")))
                        // What the U-Net had decides for all; "auto" may mean something else here.
                        .precision(Precision.of(config.string("unet_precision", "auto")));
        if (!isEmbedded()) {
            builder.model(Path.of(config.string("model")));
            if (config.has("ella") && config.has("text_encoder")) {
                builder.ella(Path.of(config.string("ella")));
                builder.textEncoder(Path.of(config.string("text_encoder")));
            }
        }
        if (config.has(VAE)) {
            builder.vae(Path.of(config.string(VAE)));
        }
        if (config.has(TINY_VAE)) {
            builder.tinyVae();
        }
        for (String key : config.keys()) {
            if (key.startsWith(LORA)) {
                LoraFile lora = LoraFile.parse(config.string(key));
                builder.lora(lora.file(), lora.scale());
            }
        }
        return builder;
    }

    /** {@return the request that draws the same image again} */
    public GenerationRequest request() {
        Config config = Config.parse(toJson(), "the provenance").object("settings");
        String length = config.string("token_length");
        GenerationRequest.Builder builder =
                GenerationRequest.of(config.string("prompt"))
                        .size(config.integer("width"), config.integer("height"))
                        .steps(config.integer("steps"))
                        .guidance(config.number("guidance", 1))
                        .cacheInterval(config.integer("cache_interval", 1))
                        .mergeTokens(config.bool("merges_tokens", false))
                        .seed(Long.parseLong(config.string("seed")))
                        .tokenLength(
                                length.equals("flexible")
                                        ? TokenLength.flexible()
                                        : TokenLength.fixed(config.integer("max_length")));
        if (config.has("negative_prompt")) {
            builder.negativePrompt(config.string("negative_prompt"));
        }
        if (config.has("guidance_from")) {
            builder.guidanceInterval(
                    new GuidanceInterval(
                            config.number("guidance_from", 0), config.number("guidance_to", 0)));
        }
        if (config.has("scheduler")) {
            builder.scheduler(Schedulers.named(config.string("scheduler")));
        }
        return builder.build();
    }

    /**
     * {@return one line for people, as other programs write it into the {@code parameters} chunk}
     */
    String parameters() {
        return settings.get("prompt")
                + "\nNegative prompt: "
                + settings.getOrDefault("negative_prompt", "")
                + "\nSteps: %s, Sampler: %s, CFG scale: %s, Seed: %s, Size: %sx%s, Model: %s, Version: ella %s"
                        .formatted(
                                settings.get("steps"),
                                settings.getOrDefault("scheduler", settings.get("scheduler_class")),
                                settings.get("guidance"),
                                settings.get("seed"),
                                settings.get("width"),
                                settings.get("height"),
                                pipeline.get("model"),
                                pipeline.get("version"));
    }
}
