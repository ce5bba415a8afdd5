package io.ella.core.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes files that are there whole or not at all: first under a temporary name in the same folder,
 * flushed to the disk, then renamed. Whoever looks sees the old file or the new one; after a
 * failure nothing is left behind. Thread-safe.
 */
public final class WholeFile {
    private WholeFile() {}

    /** What makes the content. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes the content.
         *
         * @param temporary a file that does not exist yet
         * @throws IOException if it cannot be written
         */
        void writeTo(Path temporary) throws IOException;
    }

    /**
     * Writes a file.
     *
     * @param path the file to create or to replace; of a link, what it points to
     * @param content makes it
     * @throws IOException if it cannot be written
     */
    public static void write(Path path, Content content) throws IOException {
        Path temporary = temporary(path);
        try {
            content.writeTo(temporary);
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Path target = target(path);
            try {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary); // gone already if it was renamed
        }
    }

    /**
     * {@return a name in the folder of a file that nothing has yet}
     *
     * <p>Not {@link Files#createTempFile}: its files are private to their owner, also after they
     * are renamed.
     *
     * @param path the file that will be written
     * @throws IOException if a link cannot be followed
     */
    public static Path temporary(Path path) throws IOException {
        return target(path).resolveSibling(".ella-" + UUID.randomUUID() + ".tmp");
    }

    private static Path target(Path path) throws IOException {
        return Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
    }
}
