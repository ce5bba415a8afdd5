package io.ella.train.connector;

import io.ella.core.EllaException;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What frozen networks made of images and captions, on disk: a safetensors file for each, called by
 * the {@link Fingerprint} of all that it depends on.
 */
final class FeatureCache {
    private static final int PREFIX = 2;

    private final Path folder;

    FeatureCache(Path folder) {
        this.folder = folder;
    }

    private Path file(String key) {
        return folder.resolve(key.substring(0, PREFIX)).resolve(key + ".safetensors");
    }

    boolean has(String key) {
        return Files.exists(file(key));
    }

    /** The file appears when it is whole. */
    void write(String key, StoredTensor tensor) {
        Path file = file(key);
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw new EllaException(file + " cannot be written: " + e, e);
        }
        Safetensors.write(file, Map.of(), List.of(tensor));
    }

    float[] read(String key) {
        Path file = file(key);
        try {
            return Safetensors.floats(file);
        } catch (EllaException e) {
            throw new EllaException(e.getMessage() + " Delete it; it is then made again", e);
        }
    }
}
