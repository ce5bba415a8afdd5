package io.ella.samples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The small checkpoints among the test resources of the pipeline's module. */
final class TestModels {
    private static final Path ROOT = Path.of("../ella-unet-bridge/src/test/resources/models");

    private TestModels() {}

    static Path get(String name) {
        return ROOT.resolve(name);
    }

    /** A copy of a folder, to be damaged. */
    static Path copy(String name, Path target) throws IOException {
        return copy(get(name), target.resolve(name));
    }

    static Path copy(Path source, Path target) throws IOException {
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(source.relativize(file).toString()));
            }
        }
        return target;
    }

    /** Changes the last number of a safetensors file. */
    static void damage(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 0x40;
        Files.write(file, bytes);
    }
}
