package io.ella.core.weights;

import io.ella.core.EllaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the weights in a folder or a file, as the Hugging Face hub lays them out. */
public final class Checkpoint {

    private static final String ENDING = ".safetensors";
    private static final String INDEX = ".index.json";

    /** In this order; diffusers and transformers place the variant differently in an index. */
    private static final List<String> PREFERRED =
            List.of(
                    "diffusion_pytorch_model.safetensors.index.json",
                    "diffusion_pytorch_model.safetensors",
                    "model.safetensors.index.json",
                    "model.safetensors",
                    "diffusion_pytorch_model.safetensors.index.fp16.json",
                    "diffusion_pytorch_model.fp16.safetensors.index.json",
                    "diffusion_pytorch_model.fp16.safetensors",
                    "model.safetensors.index.fp16.json",
                    "model.fp16.safetensors.index.json",
                    "model.fp16.safetensors");

    private Checkpoint() {}

    /**
     * {@return the parameters of one model}
     *
     * @param path a {@code .safetensors} file; a {@code .safetensors.index.json} with its shards
     *     beside it; or a folder with {@code diffusion_pytorch_model} or {@code model} as either of
     *     them (then their {@code .fp16} variants), else with a single such file
     * @throws EllaException if there is nothing at the path, no weights in the folder or several to
     *     choose from, only pickles, or a malformed file
     */
    public static WeightSource open(Path path) {
        requireNamed(path);
        if (!Files.exists(path)) {
            throw new EllaException(
                    path + ": there is no such file or folder. Check the path of the checkpoint.");
        }
        return openFile(Files.isDirectory(path) ? findIn(path) : path);
    }

    /** Refuses the empty path, which the JDK takes for the working directory. */
    static void requireNamed(Path path) {
        if (path.toString().isBlank()) {
            throw new EllaException(
                    "The path of the checkpoint is blank; give a folder or a .safetensors file.");
        }
    }

    private static WeightSource openFile(Path file) {
        return isIndex(String.valueOf(file.getFileName()))
                ? ShardedSource.open(file)
                : Safetensors.open(file);
    }

    private static Path findIn(Path folder) {
        Set<String> files;
        try (Stream<Path> stream = Files.list(folder)) {
            files =
                    stream.filter(Files::isRegularFile)
                            .map(file -> String.valueOf(file.getFileName()))
                            // Hidden files are the system's, or halves of interrupted downloads.
                            .filter(name -> !name.startsWith("."))
                            .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new EllaException(folder + ": cannot be listed: " + e, e);
        }
        for (String name : PREFERRED) {
            if (files.contains(name)) {
                return folder.resolve(name);
            }
        }
        List<String> indices = select(files, Checkpoint::isIndex);
        List<String> candidates =
                indices.isEmpty() ? select(files, name -> lower(name).endsWith(ENDING)) : indices;
        if (candidates.size() == 1) {
            return folder.resolve(candidates.get(0));
        }
        if (!candidates.isEmpty()) {
            throw new EllaException(
                    "%s: holds several checkpoints: %s. Give the path of the one to open."
                            .formatted(folder, ParameterCheck.some(candidates)));
        }
        List<String> pickles = select(files, name -> Pickles.isNamedLikeOne(Path.of(name)));
        if (!pickles.isEmpty()) {
            throw Pickles.refusal(folder.resolve(pickles.get(0)).toString());
        }
        throw new EllaException(
                "%s: holds no .safetensors file. %s"
                        .formatted(
                                folder,
                                files.contains("model_index.json")
                                        ? "It is a whole pipeline; give the folder of a component."
                                        : "Fetch the weights into it, or check the path."));
    }

    private static List<String> select(Set<String> names, Predicate<String> filter) {
        return names.stream().filter(filter).toList();
    }

    private static boolean isIndex(String name) {
        return lower(name).endsWith(ENDING + INDEX)
                || (lower(name).contains(ENDING + ".index.") && lower(name).endsWith(".json"));
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
