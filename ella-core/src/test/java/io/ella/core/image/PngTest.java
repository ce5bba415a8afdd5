package io.ella.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PngTest {
    /**
     * A file that PIL wrote: 2 × 1 pixels (10, 20, 30) and (200, 100, 0), with tEXt "parameters",
     * iTXt "title" (compressed), zTXt "Comment".
     */
    private static final String PIL =
            "89504e470d0a1a0a0000000d49484452000000020000000108020000007b40e8dd0000001b744558"
                    + "74706172616d6574657273006120636166e90a53746570733a203230586492800000003269545874"
                    + "7469746c65000100656e00e382bf00789c7bdeb35a21334fa1242355a1382fbf5c4721313d11c84f"
                    + "cc4bc1cd02000b981303e5dd635c0000001f7a545874436f6d6d656e740000789c4bcecf2d284a2d"
                    + "2e4e4d5148c6c60400d4b40ce02a73997c0000000f49444154789c63e012913b91c20000043f0169"
                    + "82bcf3000000000049454e44ae426082";

    private final Path folder;

    PngTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 50", "50, 1", "64, 64", "333, 17"})
    void pixelsAndTextsComeBack(int width, int height) {
        Image image = ImageTest.random(width, height, 1);
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(Png.PARAMETERS, "a café, 8k\nSteps: 25, CFG scale: 7.5");
        texts.put(Png.PROVENANCE, "{\"prompt\": \"猫 🐈\"}");
        texts.put("Comment", "");
        Path path = folder.resolve("a.png");

        Png.write(path, image, texts);

        assertThat(Image.read(path)).isEqualTo(image);
        assertThat(Png.texts(path)).containsExactlyEntriesOf(texts);
    }

    @Test
    void smoothPicturesComeBackThroughEveryFilter() {
        byte[] rgb = new byte[3 * 256 * 256];
        for (int y = 0, i = 0; y < 256; y++) {
            for (int x = 0; x < 256; x++) {
                rgb[i++] = (byte) x;
                rgb[i++] = (byte) y;
                rgb[i++] = (byte) (x * y / 256 + (y / 64 == 1 ? x * 37 : 0));
            }
        }
        Image image = Image.fromRgb(rgb, 256, 256);
        Path path = folder.resolve("a.png");

        Png.write(path, image, Map.of());

        assertThat(Image.read(path)).isEqualTo(image);
    }

    @Test
    void latin1BecomesTextAndTheRestInternationalText() {
        String latin = chunkTypes(Map.of(Png.PARAMETERS, "café"));
        String unicode = chunkTypes(Map.of(Png.PARAMETERS, "猫"));
        String json = chunkTypes(Map.of(Png.PROVENANCE, "{}"));

        assertThat(latin).isEqualTo("IHDR tEXt IDAT IEND");
        assertThat(unicode).isEqualTo("IHDR iTXt IDAT IEND");
        assertThat(json).isEqualTo("IHDR iTXt IDAT IEND");
    }

    @Test
    void readsTextsOfOtherPrograms() throws Exception {
        Path path = Files.write(folder.resolve("pil.png"), HexFormat.of().parseHex(PIL));

        assertThat(Image.read(path).toRgb())
                .containsExactly(ImageTest.bytes(10, 20, 30, 200, 100, 0));
        assertThat(Png.texts(path))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(
                                "parameters", "a café\nSteps: 20",
                                "title", "猫 in the snow, again and again and again and again",
                                "Comment", "compressed compressed compressed"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " a", "a ", "a  b", "a\nb", "猫", "\u0085"})
    void refusesKeywords(String keyword) {
        assertThatThrownBy(() -> Png.encode(ImageTest.random(1, 1, 1), Map.of(keyword, "x")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("keyword");
    }

    @Test
    void refusesNul() {
        assertThatThrownBy(() -> Png.encode(ImageTest.random(1, 1, 1), Map.of("a", "x\0y")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("NUL");
    }

    @Test
    void damageNamesTheByte() throws Exception {
        byte[] whole = Png.encode(ImageTest.random(4, 4, 1), Map.of("a", "hello"));
        int text = 8 + 12 + 13;

        assertDamaged(new byte[0], "byte 0");
        assertDamaged("hello, world".getBytes(StandardCharsets.US_ASCII), "byte 0");
        assertDamaged(Arrays.copyOf(whole, 8), "cut short", "byte 8");
        assertDamaged(Arrays.copyOf(whole, whole.length - 1), "cut short");
        assertDamaged(Arrays.copyOf(whole, whole.length - 12), "before IEND");
        assertDamaged(with(whole, text + 9, 'X'), "wrong CRC", "byte " + (text + 8 + 7));
        assertDamaged(with(whole, text, 0x7f), "bytes where the file has", "byte " + text);
        assertDamaged(with(whole, text, 0xff), "bytes where the file has", "byte " + text);
        assertDamaged(with(whole, text + 4, '1'), "chunk type", "byte " + (text + 4));
        assertDamaged(with(whole, 12, 'J'), "IHDR", "byte 12");
    }

    @Test
    void damagedTextsAreRefused() throws Exception {
        assertDamaged(withChunk("tEXt", "no separator"), "separator", "byte 41");
        assertDamaged(withChunk("zTXt", "k\0\1"), "unknown compression");
        assertDamaged(withChunk("zTXt", "k\0\0garbage"), "compressed text");
        assertDamaged(withChunk("iTXt", "k\0"), "unknown compression");
        assertDamaged(withChunk("iTXt", "k\0\0\0en"), "separator");
        assertDamaged(withChunk("iTXt", "k\0\0\0en\0k"), "separator");
    }

    @Test
    void replacesAFileAndLeavesNothingBeside() throws Exception {
        Path path = Files.writeString(folder.resolve("a.png"), "old");

        Png.write(path, ImageTest.random(4, 4, 1), Map.of());

        assertThat(Image.read(path)).isEqualTo(ImageTest.random(4, 4, 1));
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(path);
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void writesThroughLinks() throws Exception {
        Path target = Files.writeString(folder.resolve("target.png"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.png"), target);

        Png.write(link, ImageTest.random(4, 4, 1), Map.of());

        assertThat(link).isSymbolicLink();
        assertThat(Image.read(target)).isEqualTo(ImageTest.random(4, 4, 1));
    }

    @Test
    void saysBeforeTheWorkThatAPathCannotBeWritten() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "x");

        Png.checkWritable(folder.resolve("new.png"));
        Png.checkWritable(Path.of("relative.png"));
        assertThat(folder.resolve("new.png")).doesNotExist();
        assertUnwritable(folder, "is not a file name");
        assertUnwritable(Path.of(""), "is not a file name");
        assertUnwritable(folder.resolve("none/a.png"), "does not exist");
        assertUnwritable(file.resolve("a.png"), "is not a folder");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void saysBeforeTheWorkThatAFolderTakesNoFiles() {
        assertUnwritable(Path.of("/proc/a.png"), "cannot be created");
        Png.checkWritable(Path.of("/dev/null"));
    }

    private static void assertUnwritable(Path path, String message) {
        assertThatThrownBy(() -> Png.checkWritable(path))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(message);
    }

    private void assertDamaged(byte[] bytes, String... messages) throws Exception {
        Path path = Files.write(folder.resolve("damaged.png"), bytes);
        assertThatThrownBy(() -> Png.texts(path))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("damaged.png")
                .hasMessageContainingAll(messages);
    }

    private static byte[] with(byte[] bytes, int at, int value) {
        byte[] copy = bytes.clone();
        copy[at] = (byte) value;
        return copy;
    }

    /** A file whose second chunk is the given one, with a right CRC. */
    private static byte[] withChunk(String type, String data) {
        byte[] whole = Png.encode(ImageTest.random(2, 2, 1), Map.of());
        byte[] body = (type + data).getBytes(StandardCharsets.ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(body);
        return ByteBuffer.allocate(whole.length + body.length + 8)
                .put(whole, 0, 33)
                .putInt(body.length - 4)
                .put(body)
                .putInt((int) crc.getValue())
                .put(whole, 33, whole.length - 33)
                .array();
    }

    private static String chunkTypes(Map<String, String> texts) {
        ByteBuffer file = ByteBuffer.wrap(Png.encode(ImageTest.random(2, 2, 1), texts)).position(8);
        List<String> types = new ArrayList<>();
        while (file.hasRemaining()) {
            int length = file.getInt();
            byte[] type = new byte[4];
            file.get(type);
            types.add(new String(type, StandardCharsets.US_ASCII));
            file.position(file.position() + length + 4);
        }
        return String.join(" ", types);
    }
}
