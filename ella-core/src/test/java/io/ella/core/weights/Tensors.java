package io.ella.core.weights;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tensors and files made by hand. */
final class Tensors {

    private Tensors() {}

    static byte[] bytes(StoredTensor tensor) {
        byte[] all = new byte[(int) tensor.bytes()];
        int at = 0;
        for (ByteBuffer part : tensor.parts()) {
            part.get(0, all, at, part.capacity());
            at += part.capacity();
        }
        return all;
    }

    static StoredTensor raw(String name, DType dtype, List<Long> shape, byte... bytes) {
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        return StoredTensor.of(name, dtype, shape, bytes.length == 0 ? List.of() : List.of(direct));
    }

    /** A matrix of 0, 1, 2, … */
    static StoredTensor counting(String name, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        return StoredTensor.of(name, values, rows, columns);
    }

    /** A safetensors file of that header and as many data bytes: 0, 1, 2, … */
    static Path file(Path path, String header, int dataBytes) {
        return file(path, header.getBytes(StandardCharsets.UTF_8), dataBytes);
    }

    static Path file(Path path, byte[] header, int dataBytes) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(length(header.length));
        bytes.writeBytes(header);
        for (int i = 0; i < dataBytes; i++) {
            bytes.write(i);
        }
        return write(path, bytes.toByteArray());
    }

    static byte[] length(long value) {
        return ByteBuffer.allocate(8).order(LITTLE_ENDIAN).putLong(value).array();
    }

    static Path write(Path path, byte[] bytes) {
        try {
            return Files.write(path, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
