package io.ella.train.stages;

import io.ella.core.config.Config;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** What the small world's models are made of: the {@code config.json} of each. */
final class SceneModels {

    private SceneModels() {}

    static VaeConfig vae() {
        return VaeConfig.from(config("vae"));
    }

    static UNetConfig unet() {
        return UNetConfig.from(config("unet"));
    }

    static SchedulerConfig scheduler() {
        return SchedulerConfig.fromJson(text("scheduler"));
    }

    static Config config(String name) {
        return Config.parse(text(name), name + ".json");
    }

    /** {@return the JSON as it is written into the trained model} */
    static String text(String name) {
        try (InputStream in = SceneModels.class.getResourceAsStream(name + ".json")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a resource of this module
        }
    }
}
