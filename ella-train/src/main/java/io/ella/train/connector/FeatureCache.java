package io.ella.train.connector;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ella.core.EllaException;
import io.ella.core.weights.DType;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What frozen networks made of images and captions, on disk: a safetensors file for each, called by
 * the {@link Fingerprint} of all that it depends on.
 */
final class FeatureCache {
    private static final int PREFIX = 2;

    private final Path folder;
    private ByteBuffer scratch = ByteBuffer.allocateDirect(0);

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

    /**
     * {@return the elements of the one tensor of a file}
     *
     * <p>Read instead of mapped: a system maps some 65,000 files at once, and they would be
     * unmapped by the garbage collector only.
     */
    float[] read(String key) {
        Path file = file(key);
        try {
            ByteBuffer bytes =
                    ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            byte[] header = new byte[Math.toIntExact(bytes.getLong())];
            bytes.get(header);
            JsonObject json =
                    JsonParser.parseString(new String(header, StandardCharsets.UTF_8))
                            .getAsJsonObject();
            String name = json.keySet().iterator().next();
            JsonObject entry = json.getAsJsonObject(name);
            DType dtype = DType.valueOf(entry.get("dtype").getAsString());
            List<Long> shape = new ArrayList<>();
            JsonArray sizes = entry.getAsJsonArray("shape");
            sizes.forEach(size -> shape.add(size.getAsLong()));
            ByteBuffer data = direct(bytes);
            return StoredTensor.of(name, dtype, shape, List.of(data)).floatArray();
        } catch (IOException | RuntimeException e) {
            throw new EllaException(
                    file + " cannot be read: " + e + ". Delete it; it is then made again", e);
        }
    }

    /** Tensors lie outside the heap; one place for all, since such memory is slow to come back. */
    private ByteBuffer direct(ByteBuffer bytes) {
        int length = bytes.remaining();
        if (scratch.capacity() < length) {
            scratch = ByteBuffer.allocateDirect(length);
        }
        scratch.clear().put(bytes).flip();
        return scratch.slice(0, length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
