package io.ella.core.weights;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.ella.core.EllaException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file: 8 bytes of length N (little-endian), then N bytes of JSON; the
 * tensors follow. Reading one checks it completely against the size of the file.
 *
 * @param metadata the strings of {@code __metadata__}
 * @param entries the tensors in the order of their bytes, without holes or overlaps
 * @param dataStart where the bytes of the tensors begin in the file
 */
record SafetensorsHeader(Map<String, String> metadata, List<Entry> entries, long dataStart) {

    static final String METADATA = "__metadata__";

    static final int LENGTH_BYTES = 8;

    /** The limit of the reference implementation. */
    static final int MAX_LENGTH = 100_000_000;

    private static final String DAMAGED = " The file is damaged; fetch it again.";

    /** A tensor; the offsets count from the start of the data. */
    record Entry(String name, DType dtype, List<Long> shape, long begin, long end) {}

    static SafetensorsHeader read(FileChannel channel, String file) throws IOException {
        long fileSize = channel.size();
        ByteBuffer head = read(channel, 0, (int) Math.min(fileSize, 64)).order(LITTLE_ENDIAN);
        if (fileSize < LENGTH_BYTES) {
            throw new EllaException(
                    "%s: has %d bytes, a safetensors file begins with 8 bytes of header length.%s"
                            .formatted(file, fileSize, DAMAGED));
        }
        long length = head.getLong(0);
        if (length < 0 || length > MAX_LENGTH) {
            throw otherFormat(
                    head,
                    file,
                    "byte 0: the header length is %s, allowed are %d bytes"
                            .formatted(Long.toUnsignedString(length), MAX_LENGTH));
        }
        if (length > fileSize - LENGTH_BYTES) {
            throw otherFormat(
                    head,
                    file,
                    "byte 0: the header length is %d, past the end of the file of %d bytes"
                            .formatted(length, fileSize));
        }
        // The format has no white space before the brace; a pickle's length may look plausible.
        if (length == 0 || head.get(LENGTH_BYTES) != '{') {
            throw otherFormat(head, file, "byte 8: the header is not a JSON object");
        }
        ByteBuffer json = read(channel, LENGTH_BYTES, (int) length);
        Map<String, String> metadata = new LinkedHashMap<>();
        List<Entry> entries = new ArrayList<>();
        parse(new StrictJson(file, LENGTH_BYTES, json), file, metadata, entries);
        long dataStart = LENGTH_BYTES + length;
        verifyLayout(file, entries, dataStart, fileSize - dataStart);
        return new SafetensorsHeader(metadata, List.copyOf(entries), dataStart);
    }

    private static void parse(
            StrictJson json, String file, Map<String, String> metadata, List<Entry> entries) {
        json.document(
                key -> {
                    if (key.equals(METADATA)) {
                        metadata.putAll(json.strings(METADATA));
                    } else {
                        entries.add(entry(json, file, key));
                    }
                });
    }

    private static Entry entry(StrictJson json, String file, String name) throws IOException {
        var fields =
                new Object() {
                    @Nullable String dtype;
                    @Nullable List<Long> shape;
                    @Nullable List<Long> offsets;
                };
        json.object(
                "\"" + name + "\"",
                key -> {
                    String what = "%s of \"%s\"".formatted(key, name);
                    switch (key) {
                        case "dtype" -> fields.dtype = json.string(what);
                        case "shape" -> fields.shape = json.sizes(what);
                        case "data_offsets" -> fields.offsets = json.sizes(what);
                        default -> throw json.error(what + " is not a field of the format");
                    }
                });
        String dtypeName = fields.dtype;
        List<Long> shape = fields.shape;
        List<Long> offsets = fields.offsets;
        if (dtypeName == null || shape == null || offsets == null) {
            throw json.error(
                    "\"%s\" needs dtype, shape and data_offsets; one is absent".formatted(name));
        }
        if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
            throw json.error(
                    "data_offsets of \"%s\" are %s, expected [begin, end] with begin <= end"
                            .formatted(name, offsets));
        }
        long begin = offsets.get(0);
        long end = offsets.get(1);
        long expected;
        DType dtype;
        try {
            dtype = DType.parse(dtypeName);
            expected = StoredTensor.byteSize(name, dtype, shape);
        } catch (EllaException e) {
            throw new EllaException(file + ": \"" + name + "\": " + e.getMessage(), e);
        }
        if (end - begin != expected) {
            throw json.error(
                    "\"%s\" %s %s takes %d bytes, its data_offsets %s span %d"
                            .formatted(name, dtype, shape, expected, offsets, end - begin));
        }
        return new Entry(name, dtype, shape, begin, end);
    }

    /** Sorts the entries by their bytes, which must fill the data from its start to its end. */
    private static void verifyLayout(
            String file, List<Entry> entries, long dataStart, long dataSize) {
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long at = 0;
        String previous = "the header";
        for (Entry entry : entries) {
            if (entry.begin() < at) {
                throw new EllaException(
                        "%s: \"%s\" overlaps %s: it begins at byte %d of the data, which ends at %d.%s"
                                .formatted(
                                        file, entry.name(), previous, entry.begin(), at, DAMAGED));
            }
            if (entry.begin() > at) {
                throw new EllaException(
                        "%s: a hole of %d bytes lies between %s and \"%s\", at byte %d of the data.%s"
                                .formatted(
                                        file,
                                        entry.begin() - at,
                                        previous,
                                        entry.name(),
                                        at,
                                        DAMAGED));
            }
            at = entry.end();
            previous = "\"" + entry.name() + "\"";
            if (at > dataSize) {
                throw new EllaException(
                        "%s: truncated: %s ends at byte %d of the data, the file (%d bytes) has %d. The download is incomplete; fetch it again."
                                .formatted(file, previous, at, dataStart + dataSize, dataSize));
            }
        }
        if (at < dataSize) {
            throw new EllaException(
                    "%s: %d bytes follow the last tensor, from byte %d of the file.%s"
                            .formatted(file, dataSize - at, dataStart + at, DAMAGED));
        }
    }

    /** Says what the file is, where its first bytes tell; else the problem. */
    private static EllaException otherFormat(ByteBuffer head, String file, String problem) {
        if (Pickles.beginsLikeOne(head)) {
            return Pickles.refusal(file);
        }
        String text = US_ASCII.decode(head.duplicate().rewind()).toString();
        if (text.startsWith("version https://git-lfs")) {
            return new EllaException(
                    file + ": is a Git LFS pointer, not the file itself. Run \"git lfs pull\".");
        }
        if (text.stripLeading().startsWith("<")) {
            return new EllaException(
                    file + ": is a web page, not a safetensors file. Fetch it again.");
        }
        return new EllaException(
                "%s: %s. This is no safetensors file, or it is damaged.".formatted(file, problem));
    }

    /** {@return bytes of a file, on the heap} */
    static ByteBuffer read(FileChannel channel, long position, int size) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(size);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw new IOException("the file ends at byte " + (position + bytes.position()));
            }
        }
        return bytes.flip();
    }
}
