package io.ella.train.connector;

import io.ella.core.EllaException;
import io.ella.pipeline.FileHashes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Names that follow from content: what has the same name is the same. */
final class Fingerprint {
    private final MessageDigest digest;

    private Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    /** {@return the SHA-256 of the parts, in lower-case hexadecimal} */
    static String of(Object... parts) {
        Fingerprint print = new Fingerprint();
        for (Object part : parts) {
            byte[] bytes =
                    part instanceof byte[] raw
                            ? raw
                            : part.toString().getBytes(StandardCharsets.UTF_8);
            // The length first, so that parts cannot run into each other.
            print.digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
            print.digest.update(bytes);
        }
        return HexFormat.of().formatHex(print.digest.digest());
    }

    /** {@return the SHA-256 of a file, or of all weights and settings at or below a folder} */
    static String of(Path path) {
        try (Stream<Path> walk = Files.walk(path)) {
            List<Path> files =
                    walk.filter(Files::isRegularFile)
                            .filter(f -> f.equals(path) || isModelFile(f.toString()))
                            .sorted()
                            .toList();
            Object[] parts =
                    files.stream()
                            .flatMap(f -> Stream.of(path.relativize(f), FileHashes.sha256(f)))
                            .toArray();
            return of(parts);
        } catch (IOException e) {
            throw new EllaException(path + " cannot be read: " + e, e);
        }
    }

    private static boolean isModelFile(String name) {
        return name.endsWith(".safetensors") || name.endsWith(".json") || name.endsWith(".txt");
    }
}
