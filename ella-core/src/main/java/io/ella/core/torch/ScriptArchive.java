package io.ella.core.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The file format of TorchScript, as far as a module without parameters needs it: a ZIP of stored
 * entries with the source of one class and the pickle of one instance (PyTorch, {@code
 * torch/csrc/jit/docs/serialization.md}).
 */
final class ScriptArchive {

    private ScriptArchive() {}

    /**
     * Wraps source code.
     *
     * @param forward the definition of {@code forward}, indented by two spaces
     * @return the archive
     */
    static byte[] of(String forward) {
        String source =
                "class Model(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
                        + forward;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            add(
                    zip,
                    "m/version",
                    ascii("10\n")); // with 3, gelu and div would mean what they meant then
            add(zip, "m/data.pkl", instance());
            add(zip, "m/code/__torch__.py", ascii(source));
            add(zip, "m/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return bytes.toByteArray();
    }

    /** {@code Model.__new__()} with the state {@code {"training": False}}, in pickle protocol 2. */
    private static byte[] instance() {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.writeBytes(new byte[] {(byte) 0x80, 2});
        pickle.writeBytes(ascii("c__torch__\nModel\n"));
        pickle.writeBytes(new byte[] {')', (byte) 0x81, '}', '(', 'X', 8, 0, 0, 0});
        pickle.writeBytes(ascii("training"));
        pickle.writeBytes(new byte[] {(byte) 0x89, 'u', 'b', '.'});
        return pickle.toByteArray();
    }

    private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
