package io.ella.samples.info;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.unet.LatentDecoder;
import io.ella.unet.OriginalLayout;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A checkpoint in the layout of the original code. */
final class SingleFile {
    private SingleFile() {}

    static CheckpointInfo describe(Path file) {
        try (OriginalLayout layout = OriginalLayout.open(file)) {
            List<ComponentInfo> components = new ArrayList<>();
            components.add(guarded("unet", () -> unet(layout.unet())));
            components.add(guarded("vae", () -> vae(layout.vae())));
            components.add(guarded("scheduler", () -> scheduler(layout)));
            components.addAll(encoders(layout, file));
            return new CheckpointInfo(file, kind(layout), components);
        }
    }

    private static String kind(OriginalLayout layout) {
        try {
            return "single file in the original layout, " + layout.family();
        } catch (EllaException e) {
            return "single file in the original layout";
        }
    }

    private static ComponentInfo unet(OriginalLayout.Part part) {
        List<ParameterSpec> declared =
                UNet2DConditionModel.graph(UNetConfig.from(part.config()), false).parameters();
        return ComponentFolder.checked(
                ComponentInfo.of("unet", "UNet2DConditionModel", part.weights(), ""),
                () -> part.weights().check(declared, name -> false));
    }

    private static ComponentInfo vae(Optional<OriginalLayout.Part> found) {
        if (found.isEmpty()) {
            return ComponentInfo.plain("vae", "AutoencoderKL", "", "the file has no autoencoder");
        }
        OriginalLayout.Part part = found.get();
        LatentDecoder decoder = LatentDecoder.of(VaeConfig.from(part.config()));
        return ComponentFolder.checked(
                ComponentInfo.of("vae", "AutoencoderKL", part.weights(), ""),
                () ->
                        part.weights()
                                .check(decoder.graph().parameters(), LatentDecoder::isOfEncoder));
    }

    private static ComponentInfo scheduler(OriginalLayout layout) {
        SchedulerConfig config = SchedulerConfig.fromJson(layout.scheduler().toString());
        return ComponentInfo.plain("scheduler", config.className(), "as published");
    }

    private static List<ComponentInfo> encoders(OriginalLayout layout, Path file) {
        List<OriginalLayout.Part> parts = layout.textEncoders();
        List<ComponentInfo> components = new ArrayList<>();
        for (OriginalLayout.Part part : parts) {
            String name = components.isEmpty() ? "text_encoder" : "text_encoder_2";
            String type = part.config().strings("architectures").get(0);
            components.add(ComponentInfo.of(name, type, part.weights(), ""));
        }
        if (!parts.isEmpty() && !Files.isDirectory(file.resolveSibling("tokenizer"))) {
            String when = parts.size() == 1 ? "without ELLA it needs" : "it needs";
            String problem = when + " a folder \"tokenizer\" beside the file";
            components.set(0, components.get(0).with(List.of(problem)));
        }
        return components;
    }

    private static ComponentInfo guarded(String name, Supplier<ComponentInfo> describe) {
        try {
            return describe.get();
        } catch (EllaException e) {
            return ComponentInfo.plain(name, "", "", String.valueOf(e.getMessage()));
        }
    }
}
