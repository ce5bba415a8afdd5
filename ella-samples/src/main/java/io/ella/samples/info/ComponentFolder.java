package io.ella.samples.info;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.Tokenizer;
import io.ella.unet.ControlNetModel;
import io.ella.unet.LatentDecoder;
import io.ella.unet.LegacyVaeNames;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The folder of one component, as diffusers and transformers save it. */
final class ComponentFolder {
    private ComponentFolder() {}

    /**
     * {@return what is in a folder; what is wrong with it is in there too}
     *
     * @param name of the component
     * @param folder where it is
     * @param type the class that the index gives it; blank to go by its own configuration
     */
    static ComponentInfo describe(String name, Path folder, String type) {
        try {
            if (Files.exists(folder.resolve("scheduler_config.json"))) {
                return scheduler(name, folder);
            }
            if (name.startsWith("tokenizer")) {
                return tokenizer(name, folder, type);
            }
            if (name.equals("feature_extractor") || name.equals("safety_checker")) {
                return ComponentInfo.plain(name, type, "not used");
            }
            Config config = Config.read(folder.resolve("config.json"));
            String found = type.isEmpty() ? className(config) : type;
            return switch (found) {
                case "UNet2DConditionModel" -> unet(name, folder, config);
                case "AutoencoderKL" ->
                        vae(name, found, folder, LatentDecoder.of(VaeConfig.from(config)));
                case "AutoencoderTiny" -> vae(name, found, folder, LatentDecoder.from(config));
                case "ControlNetModel" ->
                        matched(
                                name,
                                found,
                                folder,
                                "",
                                ControlNetModel.graph(config).parameters());
                default -> weights(name, found, folder);
            };
        } catch (EllaException e) {
            return ComponentInfo.plain(name, type, "", String.valueOf(e.getMessage()));
        }
    }

    private static String className(Config config) {
        if (config.has("_class_name")) {
            return config.string("_class_name");
        }
        if (config.has("architectures") && !config.strings("architectures").isEmpty()) {
            return config.strings("architectures").get(0);
        }
        return config.string("model_type", "unknown");
    }

    private static ComponentInfo scheduler(String name, Path folder) {
        Config json = Config.read(folder.resolve("scheduler_config.json"));
        SchedulerConfig config = SchedulerConfig.fromJson(json.toString());
        String details =
                "predicts "
                        + json.string("prediction_type", "epsilon")
                        + ", "
                        + json.integer("num_train_timesteps", 1000)
                        + " training timesteps";
        return checked(
                ComponentInfo.plain(name, config.className(), details),
                () -> Schedulers.fromConfig(config));
    }

    private static ComponentInfo tokenizer(String name, Path folder, String type) {
        return checked(ComponentInfo.plain(name, type, ""), () -> Tokenizer.open(folder).close());
    }

    private static ComponentInfo unet(String name, Path folder, Config config) {
        UNetConfig unet = UNetConfig.from(config);
        String details =
                "contexts of width %d, latents of %dx%d"
                        .formatted(unet.crossAttentionDim(), unet.sampleSize(), unet.sampleSize());
        List<ParameterSpec> declared = UNet2DConditionModel.graph(unet, false).parameters();
        return matched(name, "UNet2DConditionModel", folder, details, declared);
    }

    private static ComponentInfo vae(String name, String type, Path folder, LatentDecoder decoder) {
        List<ParameterSpec> declared = decoder.graph().parameters();
        try (WeightSource source = Checkpoint.open(folder)) {
            return checked(
                    ComponentInfo.of(name, type, source, ""),
                    () ->
                            LegacyVaeNames.resolve(source, declared)
                                    .check(declared, LatentDecoder::isOfEncoder));
        }
    }

    private static ComponentInfo matched(
            String name, String type, Path folder, String details, List<ParameterSpec> declared) {
        try (WeightSource source = Checkpoint.open(folder)) {
            return checked(
                    ComponentInfo.of(name, type, source, details),
                    () -> source.check(declared, parameter -> false));
        }
    }

    private static ComponentInfo weights(String name, String type, Path folder) {
        try (WeightSource source = Checkpoint.open(folder)) {
            boolean tokenizer = Files.exists(folder.resolve("tokenizer.json"));
            return ComponentInfo.of(name, type, source, tokenizer ? "with tokenizer" : "");
        }
    }

    /** A component with what a check of it said. */
    static ComponentInfo checked(ComponentInfo component, Runnable check) {
        try {
            check.run();
            return component;
        } catch (EllaException e) {
            return component.with(List.of(String.valueOf(e.getMessage())));
        }
    }
}
