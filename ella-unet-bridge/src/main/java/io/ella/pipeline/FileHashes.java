package io.ella.pipeline;

import io.ella.core.EllaException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** SHA-256 of the weight files that a pipeline was built from. Thread-safe. */
public final class FileHashes {
    private static final int BUFFER = 1 << 20;

    private FileHashes() {}

    /** {@return the hash of every safetensors file at or below the roots, by path} */
    static Map<String, String> of(Collection<Path> roots) {
        Map<String, String> hashes = new LinkedHashMap<>();
        for (Path root : roots) {
            for (Path file : files(root)) {
                hashes.put(file.toString(), sha256(file));
            }
        }
        return hashes;
    }

    /**
     * {@return every safetensors file at or below a folder, sorted}
     *
     * @param root a folder, or a file, which is then the only one
     * @throws EllaException if it cannot be listed
     */
    public static List<Path> files(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(".safetensors")).sorted().toList();
        } catch (IOException e) {
            throw new EllaException(root + " cannot be read: " + e, e);
        }
    }

    /**
     * {@return the SHA-256 of a file, in lower-case hexadecimal}
     *
     * @param file any
     * @throws EllaException if it cannot be read
     */
    public static String sha256(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[BUFFER];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new EllaException(file + " cannot be read: " + e, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
