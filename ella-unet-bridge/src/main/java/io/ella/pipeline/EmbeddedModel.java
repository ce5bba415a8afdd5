package io.ella.pipeline;

import io.ella.core.EllaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The default model, copied from the class path to a temporary folder, since weights are mapped
 * from files. {@link ElllaPipeline#open} does so by itself; this is for those who need its parts:
 * diffusers' layout, with the connector in {@code ella} and its language model in {@code
 * ella_text_encoder}.
 *
 * <p>Immutable, so thread-safe. Deletes the folder when closed.
 */
public final class EmbeddedModel implements AutoCloseable {
    private static final String ROOT = "/io/ella/models/default/";

    /** Lists every file with its hash, as {@code sha256sum} prints them. */
    private static final String INDEX = ROOT + "SHA256SUMS";

    private final Path folder;

    private EmbeddedModel(Path folder) {
        this.folder = folder;
    }

    /**
     * {@return the model, which the caller closes}
     *
     * @throws EllaException if the artifact {@code models} is not on the class path, is damaged, or
     *     cannot be written to the folder for temporary files
     */
    public static EmbeddedModel unpack() {
        try {
            EmbeddedModel model = new EmbeddedModel(Files.createTempDirectory("ella-default"));
            try {
                for (String line :
                        new String(read(INDEX), StandardCharsets.UTF_8).lines().toList()) {
                    model.unpack(line.substring(66), line.substring(0, 64));
                }
                return model;
            } catch (RuntimeException | IOException e) {
                model.close();
                throw e;
            }
        } catch (IOException e) {
            throw new EllaException("the embedded model cannot be unpacked: " + e, e);
        }
    }

    /** {@return where it lies until closed} */
    public Path folder() {
        return folder;
    }

    private void unpack(String name, String hash) throws IOException {
        Path target = folder.resolve(name);
        Files.createDirectories(folder.resolve(name).getParent());
        Files.write(target, read(ROOT + name));
        String found = FileHashes.sha256(target);
        if (!found.equals(hash)) {
            throw new EllaException(
                    "the embedded model is damaged: %s has SHA-256 %s, expected %s. Get the artifact \"models\" anew"
                            .formatted(name, found, hash));
        }
    }

    private static byte[] read(String resource) throws IOException {
        try (InputStream in = EmbeddedModel.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new EllaException(
                        resource
                                + " is not on the class path. Add the artifact io.ella:models for the default model, or name a model");
            }
            return in.readAllBytes();
        }
    }

    /** Deletes the folder; closing twice does no harm. */
    @Override
    public void close() {
        if (Files.notExists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                if (!file.toFile().delete()) {
                    file.toFile().deleteOnExit(); // where mapped files cannot be deleted
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
