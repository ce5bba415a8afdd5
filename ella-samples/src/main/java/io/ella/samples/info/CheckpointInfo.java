package io.ella.samples.info;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import io.ella.tsc.TscConfig;
import io.ella.unet.Lora;
import io.ella.unet.OriginalLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a checkpoint is.
 *
 * @param path where it lies
 * @param kind in words
 * @param components its parts, in the order in which a pipeline uses them
 */
public record CheckpointInfo(Path path, String kind, List<ComponentInfo> components) {

    /** Copies the list. */
    public CheckpointInfo {
        components = List.copyOf(components);
    }

    /**
     * {@return what lies at a path}
     *
     * @param path a folder in diffusers' layout, the folder of one component, or a {@code
     *     .safetensors} file: a checkpoint in the original layout, a connector of ELLA, a LoRA
     * @throws EllaException if there is nothing, or nothing that could be read
     */
    public static CheckpointInfo of(Path path) {
        if (!Files.exists(path)) {
            throw new EllaException(path + " does not exist. Check the path");
        }
        if (Files.isDirectory(path)) {
            if (Files.exists(path.resolve("model_index.json"))) {
                return pipeline(path);
            }
            if (Files.exists(path.resolve("config.json"))
                    || Files.exists(path.resolve("scheduler_config.json"))) {
                ComponentInfo component =
                        ComponentFolder.describe(String.valueOf(path.getFileName()), path, "");
                return new CheckpointInfo(path, "one component", List.of(component));
            }
        }
        return weights(path);
    }

    private static CheckpointInfo pipeline(Path folder) {
        Config index = Config.read(folder.resolve("model_index.json"));
        List<String> names = new ArrayList<>(List.of("unet", "vae", "scheduler"));
        index.keys().stream()
                .filter(key -> !key.startsWith("_") && index.has(key) && isComponent(index, key))
                .filter(key -> !names.contains(key))
                .forEach(names::add);
        List<ComponentInfo> components = new ArrayList<>();
        for (String name : names) {
            Path part = folder.resolve(name);
            String type = isComponent(index, name) ? index.strings(name).get(1) : "";
            if (Files.isDirectory(part)) {
                components.add(ComponentFolder.describe(name, part, type));
            } else {
                components.add(
                        ComponentInfo.plain(name, type, "", "the folder " + name + " is missing"));
            }
        }
        // What an index does not list: ELLA, where a folder has everything together, and TAESD.
        for (String name : List.of("ella", "ella_text_encoder", "tiny_vae")) {
            Path part = folder.resolve(name);
            if (!names.contains(name) && Files.isDirectory(part)) {
                components.add(
                        name.equals("ella")
                                ? weights(part).components().get(0)
                                : ComponentFolder.describe(name, part, ""));
            }
        }
        String untrained = index.bool("untrained", false) ? ", untrained" : "";
        String kind = "folder in diffusers' layout, " + index.string("_class_name", "no class");
        return new CheckpointInfo(folder, kind + untrained, components);
    }

    /** Whether an entry of the index is a library and a class, both given. */
    private static boolean isComponent(Config index, String key) {
        try {
            return index.has(key) && index.strings(key).size() == 2;
        } catch (EllaException | UnsupportedOperationException e) {
            return false; // a setting, or [null, null]
        }
    }

    private static CheckpointInfo weights(Path path) {
        try (WeightSource source = Checkpoint.open(path)) {
            if (OriginalLayout.matches(source)) {
                return SingleFile.describe(path);
            }
            if (source.names().stream().anyMatch(name -> name.startsWith("connector."))) {
                return connector(path, source);
            }
            if (source.names().stream().anyMatch(name -> name.contains("lora"))) {
                return lora(path, source);
            }
            ComponentInfo tensors = ComponentInfo.of("tensors", "unknown", source, "");
            return new CheckpointInfo(
                    path,
                    "tensors of an unknown kind",
                    List.of(tensors.with(List.of("there is no config.json beside it"))));
        }
    }

    private static CheckpointInfo connector(Path path, WeightSource source) {
        ComponentInfo component = ComponentInfo.of("ella", "connector", source, "");
        try {
            TscConfig config = TscConfig.of(path);
            String details =
                    String.format(
                            Locale.ROOT,
                            "features of width %d to %d queries of width %d, %d layers, %d heads",
                            config.inputDim(),
                            config.numLatents(),
                            config.width(),
                            config.layers(),
                            config.heads());
            String type = config.connector() + " connector";
            component = ComponentInfo.of("ella", type, source, details);
            source.check(config.graph().parameters(), name -> false);
        } catch (EllaException e) {
            component = component.with(List.of(String.valueOf(e.getMessage())));
        }
        return new CheckpointInfo(path, "ELLA connector", List.of(component));
    }

    private static CheckpointInfo lora(Path path, WeightSource source) {
        ComponentInfo component = ComponentInfo.of("lora", "LoRA", source, "");
        try {
            String changed =
                    Lora.open(path).parts().stream()
                            .map(part -> part.name().toLowerCase(Locale.ROOT))
                            .sorted()
                            .collect(Collectors.joining(", "));
            component = ComponentInfo.of("lora", "LoRA", source, "changes " + changed);
        } catch (EllaException e) {
            component = component.with(List.of(String.valueOf(e.getMessage())));
        }
        return new CheckpointInfo(path, "LoRA", List.of(component));
    }
}
