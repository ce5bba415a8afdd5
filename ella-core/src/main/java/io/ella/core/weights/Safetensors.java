package io.ella.core.weights;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One file of the <a href="https://github.com/huggingface/safetensors">safetensors</a> format,
 * mapped into memory, whatever its size.
 *
 * <p>The header is checked completely before {@link #open} returns; the pages of the tensors are
 * read when they are first touched. Immutable and safe for concurrent reads. The file is not kept
 * open: {@link #close} has nothing to free, and the mapping goes away once the source and its
 * tensors are unreachable. As with any mapped file, nobody may shorten it while it is in use;
 * replacing it by a rename, as {@link #write} does, is safe.
 */
public final class Safetensors implements WeightSource {

    private final String description;
    private final Map<String, String> metadata;
    private final Map<String, StoredTensor> tensors;

    private Safetensors(
            String description, Map<String, String> metadata, Map<String, StoredTensor> tensors) {
        this.description = description;
        this.metadata = Collections.unmodifiableMap(metadata);
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /**
     * {@return the tensors of a file}
     *
     * @param path a safetensors file
     * @throws EllaException if the file is absent, unreadable, malformed, or a Python pickle; the
     *     message says which, and where
     */
    public static Safetensors open(Path path) {
        return open(path, StoredTensor.MAX_PART);
    }

    /** As {@link #open(Path)}; no mapping and no part of a tensor exceeds the window. */
    static Safetensors open(Path path, int window) {
        Checkpoint.requireNamed(path);
        String file = path.toString();
        if (Pickles.isNamedLikeOne(path)) {
            throw Pickles.refusal(file);
        }
        if (Files.isDirectory(path)) {
            throw new EllaException(file + ": is a folder, expected a .safetensors file.");
        }
        if (!Files.exists(path)) {
            throw new EllaException(file + ": there is no such file. Check the path.");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            SafetensorsHeader header = SafetensorsHeader.read(channel, file);
            return new Safetensors(file, header.metadata(), map(channel, header, window));
        } catch (IOException e) {
            throw new EllaException(file + ": cannot be read: " + e, e);
        }
    }

    /**
     * {@return the elements of the only tensor of a small file}
     *
     * <p>The file is read instead of mapped, for those who have many of them: a system maps some
     * 65,000 files at once, and the garbage collector alone unmaps them.
     *
     * @param path a safetensors file
     * @throws EllaException if the file is absent, unreadable or malformed, or holds another number
     *     of tensors
     */
    public static float[] floats(Path path) {
        String file = path.toString();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            SafetensorsHeader header = SafetensorsHeader.read(channel, file);
            if (header.entries().size() != 1) {
                throw new EllaException(
                        "%s: holds %d tensors, expected one."
                                .formatted(file, header.entries().size()));
            }
            SafetensorsHeader.Entry entry = header.entries().get(0);
            int length = Math.toIntExact(entry.end() - entry.begin());
            ByteBuffer bytes =
                    SafetensorsHeader.read(channel, header.dataStart() + entry.begin(), length);
            return StoredTensor.floats(entry.name(), entry.dtype(), entry.shape(), bytes);
        } catch (IOException | ArithmeticException e) {
            throw new EllaException(file + ": cannot be read: " + e, e);
        }
    }

    /** Maps runs of whole tensors together; a tensor larger than a window gets its own parts. */
    private static Map<String, StoredTensor> map(
            FileChannel channel, SafetensorsHeader header, int window) throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        List<SafetensorsHeader.Entry> run = new ArrayList<>();
        long runBegin = 0;
        for (SafetensorsHeader.Entry entry : header.entries()) {
            if (entry.end() - runBegin > window) {
                mapRun(channel, header.dataStart(), run, tensors);
                run.clear();
                runBegin = entry.begin();
            }
            if (entry.end() - entry.begin() > window) {
                tensors.put(entry.name(), mapParts(channel, header.dataStart(), entry, window));
                runBegin = entry.end();
            } else {
                run.add(entry);
            }
        }
        mapRun(channel, header.dataStart(), run, tensors);
        return tensors;
    }

    private static void mapRun(
            FileChannel channel,
            long dataStart,
            List<SafetensorsHeader.Entry> run,
            Map<String, StoredTensor> tensors)
            throws IOException {
        if (run.isEmpty()) {
            return;
        }
        long begin = run.get(0).begin();
        long size = run.get(run.size() - 1).end() - begin;
        ByteBuffer mapped = channel.map(MapMode.READ_ONLY, dataStart + begin, size);
        for (SafetensorsHeader.Entry entry : run) {
            int length = (int) (entry.end() - entry.begin());
            List<ByteBuffer> parts =
                    length == 0
                            ? List.of()
                            : List.of(mapped.slice((int) (entry.begin() - begin), length));
            tensors.put(entry.name(), tensor(entry, parts));
        }
    }

    private static StoredTensor mapParts(
            FileChannel channel, long dataStart, SafetensorsHeader.Entry entry, int window)
            throws IOException {
        long bytes = entry.end() - entry.begin();
        int partBytes = StoredTensor.partBytes(bytes, entry.dtype(), entry.shape(), window);
        List<ByteBuffer> parts = new ArrayList<>();
        for (long at = 0; at < bytes; at += partBytes) {
            parts.add(
                    channel.map(
                            MapMode.READ_ONLY,
                            dataStart + entry.begin() + at,
                            Math.min(partBytes, bytes - at)));
        }
        return tensor(entry, parts);
    }

    private static StoredTensor tensor(SafetensorsHeader.Entry entry, List<ByteBuffer> parts) {
        return StoredTensor.of(entry.name(), entry.dtype(), entry.shape(), parts);
    }

    /**
     * Writes a file: first under a temporary name in the same folder, flushed to the disk, then
     * renamed. Whoever looks sees the old file, or the new one whole; after a failure nothing is
     * left behind.
     *
     * <p>The layout is the reference implementation's: tensors by falling alignment of their type,
     * then by name.
     *
     * @param path the file to create or to replace
     * @param metadata strings to store along with the tensors
     * @param tensors what to store, in any order
     * @throws EllaException if two tensors have one name, or the file cannot be written
     */
    public static void write(
            Path path, Map<String, String> metadata, Collection<StoredTensor> tensors) {
        Checkpoint.requireNamed(path);
        SafetensorsWriter.write(path, metadata, tensors);
    }

    /** {@return the strings stored along with the tensors, in the order of the file} */
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public Optional<ParameterSpec> find(String name) {
        return Optional.ofNullable(tensors.get(name))
                .map(tensor -> new ParameterSpec(name, tensor.shape()));
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        StoredTensor tensor = tensors.get(spec.name());
        if (tensor == null) {
            throw ParameterCheck.missing(this, spec.name());
        }
        return ParameterCheck.verified(this, spec, tensor);
    }

    @Override
    public void close() {
        // The file was closed once it was mapped; its tensors hold the mapping.
    }
}
