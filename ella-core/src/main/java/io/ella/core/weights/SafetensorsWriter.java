package io.ella.core.weights;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.stream.JsonWriter;
import io.ella.core.EllaException;
import io.ella.core.files.WholeFile;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Writes safetensors files whole or not at all. */
final class SafetensorsWriter {

    /** The order of the reference implementation: wide types first, so that all are aligned. */
    private static final List<DType> ORDER =
            List.of(
                    DType.I64,
                    DType.F64,
                    DType.F32,
                    DType.I32,
                    DType.BF16,
                    DType.F16,
                    DType.I16,
                    DType.I8,
                    DType.U8,
                    DType.BOOL);

    private static final Comparator<StoredTensor> LAYOUT =
            Comparator.comparingInt((StoredTensor tensor) -> ORDER.indexOf(tensor.dtype()))
                    .thenComparing(StoredTensor::name);

    private SafetensorsWriter() {}

    static void write(Path path, Map<String, String> metadata, Collection<StoredTensor> tensors) {
        List<StoredTensor> sorted = tensors.stream().sorted(LAYOUT).toList();
        long distinct = sorted.stream().map(StoredTensor::name).distinct().count();
        if (distinct < sorted.size()) {
            throw new EllaException(
                    "%s: %d tensors have %d names; each needs a name of its own."
                            .formatted(path, sorted.size(), distinct));
        }
        Path folder = path.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new EllaException(
                    "%s: the folder %s does not exist; create it.".formatted(path, folder));
        }
        if (Files.isDirectory(path)) {
            throw new EllaException(path + ": is a folder, expected the name of a file.");
        }
        try {
            WholeFile.write(path, temporary -> writeAll(temporary, path, metadata, sorted));
        } catch (IOException e) {
            throw new EllaException(
                    path + ": cannot be written: " + e + ". Check its permissions and free space.",
                    e);
        }
    }

    private static void writeAll(
            Path file, Path named, Map<String, String> metadata, List<StoredTensor> tensors)
            throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeFully(channel, header(named, metadata, tensors));
            for (StoredTensor tensor : tensors) {
                for (ByteBuffer part : tensor.parts()) {
                    writeFully(channel, part);
                }
            }
        }
    }

    private static ByteBuffer header(
            Path path, Map<String, String> metadata, List<StoredTensor> tensors)
            throws IOException {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            if (!metadata.isEmpty()) {
                json.name(SafetensorsHeader.METADATA).beginObject();
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.name(entry.getKey()).value(entry.getValue());
                }
                json.endObject();
            }
            long at = 0;
            for (StoredTensor tensor : tensors) {
                if (tensor.name().equals(SafetensorsHeader.METADATA)) {
                    throw new EllaException(
                            path + ": a tensor must not be called __metadata__; rename it.");
                }
                json.name(tensor.name()).beginObject();
                json.name("dtype").value(tensor.dtype().name());
                json.name("shape").beginArray();
                for (long size : tensor.shape()) {
                    json.value(size);
                }
                json.endArray();
                json.name("data_offsets").beginArray();
                json.value(at);
                at += tensor.bytes();
                json.value(at);
                json.endArray();
                json.endObject();
            }
            json.endObject();
        }
        ByteBuffer bytes;
        try {
            // Unlike String.getBytes, the encoder refuses what UTF-8 cannot say.
            bytes = UTF_8.newEncoder().encode(CharBuffer.wrap(text.getBuffer()));
        } catch (CharacterCodingException e) {
            throw new EllaException(
                    path + ": the name of a tensor, or its metadata, is not Unicode text.", e);
        }
        int length = (bytes.remaining() + 7) / 8 * 8;
        if (length > SafetensorsHeader.MAX_LENGTH) {
            throw new EllaException(
                    "%s: the header would have %d bytes, the format allows %d. Write several files."
                            .formatted(path, length, SafetensorsHeader.MAX_LENGTH));
        }
        ByteBuffer header =
                ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES + length).order(LITTLE_ENDIAN);
        header.putLong(length).put(bytes);
        while (header.hasRemaining()) {
            header.put((byte) ' ');
        }
        return header.flip();
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
