package io.ella.train;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.ella.core.EllaException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;

/**
 * Keeps a second training out of a folder: two would write each other's checkpoints. The operating
 * system lets go of it when the process ends, however it ends.
 */
final class FolderLock implements AutoCloseable {
    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Locks a folder.
     *
     * @throws EllaException if it is locked, or cannot be
     */
    static FolderLock of(Path folder) {
        boolean locked = false;
        FolderLock lock = null;
        try {
            lock = new FolderLock(FileChannel.open(folder.resolve("lock"), CREATE, WRITE));
            locked = lock.channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            locked = false; // this process has it
        } catch (IOException e) {
            throw new EllaException(folder + " cannot be locked: " + e, e);
        } finally {
            if (lock != null && !locked) {
                lock.close();
            }
        }
        if (lock == null || !locked) {
            throw new EllaException(
                    "another training is running in %s. Wait for it, stop it, or give this one another folder"
                            .formatted(folder));
        }
        return lock;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new EllaException("the lock of a training cannot be released: " + e, e);
        }
    }
}
