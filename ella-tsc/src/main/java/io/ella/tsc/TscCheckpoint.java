package io.ella.tsc;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds a connector's file and reads its settings off the tensors. */
final class TscCheckpoint {
    private static final String ENDING = ".safetensors";
    private static final String BLOCKS = "connector.perceiver_blocks.";

    private TscCheckpoint() {}

    /** {@return the one file of a folder, or the path itself} */
    static Path file(Path path) {
        if (path.toString().isBlank() || !Files.isDirectory(path)) {
            return path; // Checkpoint.open says what is wrong with it
        }
        try (Stream<Path> files = Files.list(path)) {
            List<Path> found =
                    files.filter(file -> name(file).endsWith(ENDING) && !name(file).startsWith("."))
                            .sorted()
                            .toList();
            if (found.size() == 1) {
                return found.get(0);
            }
            throw new EllaException(
                    path
                            + (found.isEmpty()
                                    ? ": holds no .safetensors file. Give the connector's file"
                                    : ": holds several .safetensors files, "
                                            + found.stream().map(TscCheckpoint::name).toList()
                                            + ". Give the one to open"));
        } catch (IOException e) {
            throw new EllaException(path + ": cannot be listed: " + e, e);
        }
    }

    static TscConfig read(Path path) {
        Path file = file(path);
        try (WeightSource source = Checkpoint.open(file)) {
            Path json = file.resolveSibling(name(file).replaceFirst("(\\.safetensors)?$", ".json"));
            if (!Files.exists(json)) {
                return infer(source, TscConfig.DEFAULT_HEADS);
            }
            Config stated = Config.read(json);
            TscConfig config = infer(source, stated.integer("heads", TscConfig.DEFAULT_HEADS));
            verify(stated, config, name(file));
            return config;
        }
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    static TscConfig infer(WeightSource source, int heads) {
        Shapes shapes = new Shapes(source);
        if (shapes.has("connector.mlp.c_fc.weight")) {
            int width = shapes.size("connector.mlp.c_fc.weight", 2, 0);
            int input = shapes.size("connector.mlp.c_fc.weight", 2, 1);
            return new TscConfig(Connector.MLP, 0, 0, width, 0, 0, 0, input);
        }
        int width = shapes.size("connector.latents", 2, 1);
        Connector connector = resampler(shapes, width);
        boolean timed = connector.isTimeAware();
        return new TscConfig(
                connector,
                timed ? shapes.size("time_embedding.linear_1.weight", 2, 1) : 0,
                timed ? shapes.size("time_embedding.linear_1.weight", 2, 0) : 0,
                width,
                layers(source),
                heads,
                shapes.size("connector.latents", 2, 0),
                shapes.size("connector.proj_in.weight", 2, 1));
    }

    private static Connector resampler(Shapes shapes, int width) {
        if (shapes.has(BLOCKS + "0.ln_1.weight")) {
            return Connector.RESAMPLER;
        }
        String modulation = BLOCKS + "0.ln_1.linear.weight";
        int rows = shapes.size(modulation, 2, 0);
        if (rows == 2 * width) {
            return Connector.ADALN;
        } else if (rows == 3 * width) {
            return Connector.ADALN_ZERO;
        }
        throw new EllaException(
                "%s: \"%s\" has %d rows; with queries of width %d an adaln connector has %d, an adaln_zero %d. Is the file damaged?"
                        .formatted(
                                shapes.source.description(),
                                modulation,
                                rows,
                                width,
                                2 * width,
                                3 * width));
    }

    /** One more than the highest block; a gap is found when the names are compared. */
    private static int layers(WeightSource source) {
        return source.names().stream()
                .filter(name -> name.matches("connector\\.perceiver_blocks\\.\\d{1,4}\\..*"))
                .mapToInt(name -> Integer.parseInt(name.split("\\.", 4)[2]) + 1)
                .max()
                .orElse(0);
    }

    /** Sizes of stored tensors. */
    private record Shapes(WeightSource source) {
        boolean has(String name) {
            return source.find(name).isPresent();
        }

        int size(String name, int rank, int dim) {
            ParameterSpec spec =
                    source.find(name)
                            .orElseThrow(
                                    () ->
                                            new EllaException(
                                                    "%s: holds no \"%s\", so it is no connector; its %d tensors begin with %s. Give the ELLA checkpoint, such as ella-sd1.5-tsc-t5xl.safetensors"
                                                            .formatted(
                                                                    source.description(),
                                                                    name,
                                                                    source.names().size(),
                                                                    source.names().stream()
                                                                            .limit(3)
                                                                            .toList())));
            long size = spec.shape().size() == rank ? spec.shape().get(dim) : 0;
            if (size < 1 || size > Integer.MAX_VALUE / 4) {
                throw new EllaException(
                        "%s: \"%s\" is %s, expected %d sizes of at least 1. Is the file damaged?"
                                .formatted(source.description(), name, spec.shape(), rank));
            }
            return (int) size;
        }
    }

    private static void verify(Config json, TscConfig config, String file) {
        String stated = json.string("connector", config.connector().toString());
        if (Connector.of(stated) != config.connector()) {
            throw contradiction(json, "connector", stated, config.connector().toString(), file);
        }
        verify(json, "width", config.width(), file);
        verify(json, "input_dim", config.inputDim(), file);
        verify(json, "time_channel", config.timeChannel(), file);
        verify(json, "time_embed_dim", config.timeEmbedDim(), file);
        verify(json, "layers", config.layers(), file);
        verify(json, "num_latents", config.numLatents(), file);
        TscConfig.requireSupported(json, config);
    }

    private static void verify(Config json, String key, int found, String file) {
        int stated = json.integer(key, found);
        if (found > 0 && stated != found) {
            throw contradiction(json, key, "" + stated, "" + found, file);
        }
    }

    private static EllaException contradiction(
            Config json, String key, String stated, String found, String file) {
        return new EllaException(
                "%s: \"%s\" is %s, the tensors of %s say %s. Is it the settings file of another connector?"
                        .formatted(json.origin(), key, stated, file, found));
    }
}
