package io.ella.tsc;

import io.ella.core.weights.HashWeights;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Resources as files, and small checkpoints. */
final class TestFiles {

    private TestFiles() {}

    static String text(String resource) {
        try (InputStream in = stream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path copy(String resource, Path target) {
        try (InputStream in = stream(resource)) {
            Files.copy(in, target);
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream stream(String resource) {
        return Objects.requireNonNull(TestFiles.class.getResourceAsStream(resource), resource);
    }

    /** Writes a checkpoint of hash weights. */
    static Path checkpoint(TscConfig config, Path target) {
        HashWeights weights = new HashWeights(1);
        List<StoredTensor> tensors =
                config.graph().parameters().stream().map(weights::tensor).toList();
        Safetensors.write(target, Map.of(), tensors);
        return target;
    }

    static Path write(Path target, String text) {
        try {
            return Files.writeString(target, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** ‖a − b‖ / ‖b‖. */
    static double distance(float[] found, double[] expected) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += (found[i] - expected[i]) * (found[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return found.length == expected.length ? Math.sqrt(difference / norm) : Double.NaN;
    }

    static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }
}
