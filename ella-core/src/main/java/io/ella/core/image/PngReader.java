package io.ella.core.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ella.core.EllaException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Walks over the chunks of one PNG file and checks each: length, type, order, CRC. */
final class PngReader {
    /** The most a compressed text may grow to. */
    private static final int MAX_TEXT = 64 << 20;

    private final Path path;
    private final byte[] bytes;
    private final ByteBuffer file;

    PngReader(Path path, byte[] bytes) {
        this.path = path;
        this.bytes = bytes;
        this.file = ByteBuffer.wrap(bytes);
    }

    Map<String, String> texts() {
        int n = bytes.length;
        verify(
                n >= 8 && Arrays.equals(Arrays.copyOf(bytes, 8), Png.SIGNATURE),
                0,
                "not a PNG file");
        Map<String, String> texts = new LinkedHashMap<>();
        int offset = 8;
        for (boolean first = true; ; first = false) {
            verify(n - offset >= 12, offset, "cut short inside a chunk or before IEND");
            int length = file.getInt(offset);
            verify(
                    length >= 0 && length <= n - offset - 12,
                    offset,
                    "a chunk of "
                            + Integer.toUnsignedString(length)
                            + " bytes where the file has "
                            + (n - offset - 12)
                            + " left");
            String type = new String(bytes, offset + 4, 4, ISO_8859_1);
            verify(type.matches("[A-Za-z]{4}"), offset + 4, "not a chunk type");
            verify(first == type.equals("IHDR"), offset + 4, "IHDR missing or not first");
            CRC32 crc = new CRC32();
            crc.update(bytes, offset + 4, length + 4);
            verify(
                    (int) crc.getValue() == file.getInt(offset + 8 + length),
                    offset + 8 + length,
                    "wrong CRC of chunk " + type);
            int start = offset + 8;
            switch (type) {
                case "IEND" -> {
                    return texts;
                }
                case "tEXt", "zTXt", "iTXt" -> readText(type, start, start + length, texts);
                default -> {}
            }
            offset = start + length + 4;
        }
    }

    private void readText(String type, int start, int end, Map<String, String> texts) {
        int keywordEnd = zero(start, end);
        String keyword = string(start, keywordEnd, false);
        int at = keywordEnd + 1;
        boolean compressed = false;
        if (type.equals("zTXt")) {
            verify(at < end && bytes[at] == 0, at, "unknown compression");
            compressed = true;
            at++;
        } else if (type.equals("iTXt")) {
            verify(end - at >= 4 && bytes[at + 1] == 0, at, "unknown compression");
            compressed = bytes[at] == 1;
            int languageEnd = zero(at + 2, end);
            at = zero(languageEnd + 1, end) + 1;
        }
        boolean utf8 = type.equals("iTXt");
        texts.putIfAbsent(
                keyword,
                compressed
                        ? new String(inflate(at, end), utf8 ? UTF_8 : ISO_8859_1)
                        : string(at, end, utf8));
    }

    private int zero(int from, int end) {
        int i = from;
        while (i < end && bytes[i] != 0) {
            i++;
        }
        verify(i < end, from, "a text without its separator");
        return i;
    }

    private String string(int from, int end, boolean utf8) {
        return new String(bytes, from, end - from, utf8 ? UTF_8 : ISO_8859_1);
    }

    private byte[] inflate(int from, int end) {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(bytes, from, end - from);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 13];
            while (!inflater.finished()) {
                int n = inflater.inflate(buffer);
                verify(n > 0 || inflater.finished(), from, "a compressed text cut short");
                out.write(buffer, 0, n);
                verify(out.size() <= MAX_TEXT, from, "a text of more than 64 MiB");
            }
            return out.toByteArray();
        } catch (DataFormatException e) {
            throw new EllaException(message(from, "a damaged compressed text"), e);
        } finally {
            inflater.end();
        }
    }

    private void verify(boolean holds, int offset, String problem) {
        if (!holds) {
            throw new EllaException(message(offset, problem));
        }
    }

    private String message(int offset, String problem) {
        return path
                + ": "
                + problem
                + " at byte "
                + offset
                + "; a whole PNG file was expected. Use the file as it was written, not a copy that"
                + " another program changed.";
    }
}
