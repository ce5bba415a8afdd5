package io.ella.train.stages;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.ella.core.config.Config;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.encoders.ClipTextConfig;
import io.ella.encoders.EncoderGraph;
import io.ella.encoders.LlamaConfig;
import io.ella.encoders.T5Config;
import io.ella.train.scenes.SceneVocabulary;
import io.ella.unet.LatentDecoder;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** What the small world's models are made of: the {@code config.json} of each. */
final class SceneModels {
    /** How many tokens ELLA's text encoder is given, padding included. */
    static final int DENSE_TOKENS = 128;

    private SceneModels() {}

    static VaeConfig vae() {
        return VaeConfig.from(config("vae"));
    }

    static LatentDecoder tinyVae() {
        return LatentDecoder.from(config("tiny_vae"));
    }

    static UNetConfig unet() {
        return UNetConfig.from(config("unet"));
    }

    static SchedulerConfig scheduler() {
        return SchedulerConfig.fromJson(json("scheduler").toString());
    }

    static EncoderGraph clip() {
        return EncoderGraph.of(ClipTextConfig.from(config("text_encoder")));
    }

    static int clipTokens() {
        return ClipTextConfig.from(config("text_encoder")).maxPositionEmbeddings();
    }

    static int clipWidth() {
        return ClipTextConfig.from(config("text_encoder")).hiddenSize();
    }

    static EncoderGraph t5() {
        return t5(List.of());
    }

    /** {@return the same; the first heads of some blocks tell where they look} */
    static EncoderGraph t5(List<Integer> watched) {
        return EncoderGraph.of(T5Config.from(config("t5")), watched);
    }

    static EncoderGraph llama() {
        return EncoderGraph.of(LlamaConfig.from(config("llama")));
    }

    private static Config config(String name) {
        return Config.of(json(name), name + ".json");
    }

    /** {@return the settings as they are written beside the trained weights} */
    static JsonObject json(String name) {
        try (InputStream in = SceneModels.class.getResourceAsStream(name + ".json")) {
            byte[] bytes = Objects.requireNonNull(in).readAllBytes();
            String text = new String(bytes, StandardCharsets.UTF_8);
            JsonObject json = Config.parse(text, name + ".json").toJson();
            if (json.has("model_type")) {
                json.addProperty("vocab_size", SceneVocabulary.size());
            }
            return json;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a resource of this module
        }
    }

    static String text(JsonObject json) {
        return new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n";
    }
}
