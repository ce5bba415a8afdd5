package io.ella.core.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ella.core.EllaException;
import io.ella.core.files.WholeFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * PNG files with texts inside, after the PNG specification, third edition (W3C, 2025).
 *
 * <p>Two keywords are used: {@link #PARAMETERS} for people and for the tools that read it
 * (Automatic1111's format), {@link #PROVENANCE} for a JSON object that says all of how the image
 * was made. All methods are thread-safe; two writers of one file each leave it whole, the later
 * one's.
 */
public final class Png {
    /** Settings in the human-readable form of Automatic1111. */
    public static final String PARAMETERS = "parameters";

    /** A JSON object: how the image was made. Always written as UTF-8. */
    public static final String PROVENANCE = "ella";

    static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    private Png() {}

    /**
     * Writes an image. The file appears whole or not at all: it is written under a temporary name
     * in the same folder, and renamed.
     *
     * @param path where to; an existing file is replaced
     * @param image the image
     * @param texts by keyword, in the order they are written, before the pixels; empty for none
     * @throws EllaException if the file cannot be written or a keyword is not valid (see {@link
     *     #encode})
     */
    public static void write(Path path, Image image, Map<String, String> texts) {
        byte[] bytes = encode(image, texts);
        checkWritable(path);
        try {
            if (isSpecial(path)) {
                Files.write(path, bytes);
            } else {
                WholeFile.write(path, temporary -> Files.write(temporary, bytes));
            }
        } catch (IOException e) {
            throw new EllaException(
                    path
                            + " could not be written ("
                            + e
                            + "). Check the space and permissions there.",
                    e);
        }
    }

    /**
     * The bytes of a PNG file.
     *
     * @param image the image
     * @param texts by keyword: 1 to 79 printable Latin-1 characters, without spaces at the ends or
     *     two in a row; a text holds no NUL. A Latin-1 text becomes a {@code tEXt} chunk (but
     *     {@link #PROVENANCE}), another an {@code iTXt} in UTF-8
     * @return the whole file
     * @throws EllaException if a keyword or text is not so
     */
    public static byte[] encode(Image image, Map<String, String> texts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(image.rgb().length / 2 + 1024);
        out.writeBytes(SIGNATURE);
        byte[] header =
                ByteBuffer.allocate(13)
                        .putInt(image.width())
                        .putInt(image.height())
                        .put(new byte[] {8, 2, 0, 0, 0}) // 8 bits, RGB, not interlaced
                        .array();
        writeChunk(out, "IHDR", header, header.length);
        texts.forEach((keyword, text) -> writeText(out, keyword, text));
        writePixels(out, image);
        writeChunk(out, "IEND", new byte[0], 0);
        return out.toByteArray();
    }

    /**
     * The texts inside a PNG file ({@code tEXt}, {@code zTXt} and {@code iTXt}).
     *
     * @param path the file
     * @return by keyword, in the order of the file; the first of several with one keyword
     * @throws EllaException if the file is not a PNG, is cut short or damaged; the message has the
     *     byte offset
     */
    public static Map<String, String> texts(Path path) {
        return new PngReader(path, Image.readBytes(path)).texts();
    }

    /**
     * Checks that a file can be written, before the work that makes its content starts: its folder
     * exists and takes new files, and the path is not a folder itself.
     *
     * @param path the file that will be written
     * @throws EllaException if it could not be
     */
    public static void checkWritable(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        if (path.toString().isBlank() || parent == null || Files.isDirectory(path)) {
            throw new EllaException(
                    "\""
                            + path
                            + "\" is not a file name that can be written to. Name a file, such as out.png.");
        }
        if (!Files.isDirectory(parent)) {
            throw new EllaException(
                    path
                            + ": "
                            + parent
                            + (Files.exists(parent) ? " is not a folder" : " does not exist")
                            + ". Create that folder or choose another.");
        }
        if (Files.exists(path) && !Files.isWritable(path)) {
            throw new EllaException(
                    path + " exists and is not writable. Remove it or choose another name.");
        }
        if (isSpecial(path)) {
            return;
        }
        try {
            Path probe = WholeFile.temporary(path);
            Files.createFile(probe);
            Files.delete(probe);
        } catch (IOException e) {
            throw new EllaException(
                    path
                            + ": files cannot be created in "
                            + parent
                            + " ("
                            + e
                            + "). Choose another folder.",
                    e);
        }
    }

    /** Whether the path is a device or a pipe, which must not be replaced by a rename. */
    private static boolean isSpecial(Path path) {
        return Files.exists(path) && !Files.isRegularFile(path);
    }

    private static void writeChunk(
            ByteArrayOutputStream out, String type, byte[] data, int length) {
        byte[] name = type.getBytes(US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data, 0, length);
        out.writeBytes(ByteBuffer.allocate(4).putInt(length).array());
        out.writeBytes(name);
        out.write(data, 0, length);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    private static void writeText(ByteArrayOutputStream out, String keyword, String text) {
        if (!isKeyword(keyword)) {
            throw new EllaException(
                    "\""
                            + keyword
                            + "\" is not a keyword for a PNG text. Use 1 to 79 Latin-1 characters without"
                            + " spaces at the ends or two in a row.");
        }
        if (text.indexOf(0) >= 0) {
            throw new EllaException(
                    "The PNG text \""
                            + keyword
                            + "\" holds a NUL character. Remove it from the prompt.");
        }
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        data.writeBytes(keyword.getBytes(ISO_8859_1));
        if (!keyword.equals(PROVENANCE) && ISO_8859_1.newEncoder().canEncode(text)) {
            data.write(0);
            data.writeBytes(text.getBytes(ISO_8859_1));
            writeChunk(out, "tEXt", data.toByteArray(), data.size());
        } else {
            // Not compressed, no language, no translated keyword.
            data.writeBytes(new byte[] {0, 0, 0, 0, 0});
            data.writeBytes(text.getBytes(UTF_8));
            writeChunk(out, "iTXt", data.toByteArray(), data.size());
        }
    }

    private static boolean isKeyword(String keyword) {
        return !keyword.isEmpty()
                && keyword.length() <= 79
                && keyword.equals(keyword.strip())
                && !keyword.contains("  ")
                && keyword.chars().allMatch(c -> (c >= 32 && c <= 126) || (c >= 161 && c <= 255));
    }

    private static void writePixels(ByteArrayOutputStream out, Image image) {
        byte[] rgb = image.rgb();
        int stride = 3 * image.width();
        byte[] above = new byte[stride];
        byte[] row = new byte[stride];
        byte[][] filtered = new byte[5][stride + 1];
        ByteArrayOutputStream compressed = new ByteArrayOutputStream(rgb.length / 2 + 64);
        byte[] buffer = new byte[1 << 16];
        Deflater deflater = new Deflater(4);
        try {
            for (int y = 0; y < image.height(); y++) {
                System.arraycopy(rgb, y * stride, row, 0, stride);
                deflater.setInput(filter(row, above, filtered));
                drain(deflater, buffer, compressed);
                byte[] swap = above;
                above = row;
                row = swap;
            }
            deflater.finish();
            drain(deflater, buffer, compressed);
        } finally {
            deflater.end();
        }
        writeChunk(out, "IDAT", compressed.toByteArray(), compressed.size());
    }

    private static void drain(Deflater deflater, byte[] buffer, ByteArrayOutputStream out) {
        for (int n = deflater.deflate(buffer); n > 0; n = deflater.deflate(buffer)) {
            out.write(buffer, 0, n);
        }
    }

    /**
     * A row under the filter whose bytes are smallest, the heuristic that the specification
     * recommends (12.7). The result's first byte is the filter's number.
     */
    private static byte[] filter(byte[] row, byte[] above, byte[][] filtered) {
        int best = 0;
        long least = Long.MAX_VALUE;
        for (int type = 0; type < 5; type++) {
            byte[] to = filtered[type];
            to[0] = (byte) type;
            long sum = 0;
            for (int i = 0; i < row.length; i++) {
                int a = i < 3 ? 0 : row[i - 3] & 0xff;
                int b = above[i] & 0xff;
                int c = i < 3 ? 0 : above[i - 3] & 0xff;
                int predicted =
                        switch (type) {
                            case 1 -> a;
                            case 2 -> b;
                            case 3 -> (a + b) >> 1;
                            case 4 -> paeth(a, b, c);
                            default -> 0;
                        };
                byte difference = (byte) (row[i] - predicted);
                to[i + 1] = difference;
                sum += Math.abs(difference);
            }
            if (sum < least) {
                least = sum;
                best = type;
            }
        }
        return filtered[best];
    }

    private static int paeth(int a, int b, int c) {
        int pa = Math.abs(b - c);
        int pb = Math.abs(a - c);
        int pc = Math.abs(a + b - 2 * c);
        return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }
}
