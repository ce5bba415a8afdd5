package io.ella.train.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptionedImagesTest {
    @TempDir private Path folder;

    private static byte[] png(int grey) {
        byte[] rgb = new byte[3 * 4 * 4];
        Arrays.fill(rgb, (byte) grey);
        return Png.encode(Image.fromRgb(rgb, 4, 4), Map.of());
    }

    private static void add(TarArchiveOutputStream tar, String name, byte[] bytes)
            throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(bytes.length);
        tar.putArchiveEntry(entry);
        tar.write(bytes);
        tar.closeArchiveEntry();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void foldersOfImagesAndTexts() throws IOException {
        Files.createDirectories(folder.resolve("sub"));
        Files.write(folder.resolve("b.png"), png(1));
        Files.writeString(folder.resolve("b.txt"), " a grey square\n");
        Files.write(folder.resolve("sub/a.PNG"), png(2));
        Files.writeString(folder.resolve("sub/a.txt"), "another");
        Files.write(folder.resolve("without.png"), png(3));
        List<CaptionedImage> images = CaptionedImages.open(folder);
        assertThat(images)
                .extracting(CaptionedImage::caption)
                .containsExactly("a grey square", "another");
        CaptionedImage second = images.get(1);
        assertThat(second.decode(second.read()).toRgb()).containsOnly(2);
    }

    @Test
    void linesOfJson() throws IOException {
        Files.write(folder.resolve("a.png"), png(7));
        Path lines = folder.resolve("data.jsonl");
        Files.writeString(
                lines,
                """
                {"image": "a.png", "caption": "one", "more": 1}

                {"image": "a.png", "text": "two"}
                """);
        List<CaptionedImage> images = CaptionedImages.open(lines);
        assertThat(images).extracting(CaptionedImage::caption).containsExactly("one", "two");
        assertThat(images.get(0).read()).isEqualTo(png(7));

        Files.writeString(lines, "{\"image\": \"a.png\", \"caption\": \"one\"}\n{\"img\": 1}\n");
        assertThatThrownBy(() -> CaptionedImages.open(lines))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("line 2")
                .hasMessageContaining("img");
        Files.writeString(lines, "[1]");
        assertThatThrownBy(() -> CaptionedImages.open(lines))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("no JSON object");
    }

    @Test
    void archives() throws IOException {
        Path file = folder.resolve("data.tar");
        try (TarArchiveOutputStream tar =
                new TarArchiveOutputStream(Files.newOutputStream(file), "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            add(tar, "0001.png", png(1));
            add(tar, "0001.txt", utf8("one\n"));
            add(tar, "v1.5/0002.json", utf8("{\"caption\": \"two\"}"));
            add(tar, "v1.5/0002.png", png(2));
            add(tar, "x".repeat(150) + ".png", png(3));
            add(tar, "x".repeat(150) + ".txt", utf8("three"));
            add(tar, "0004.png", png(4));
        }
        List<CaptionedImage> images = CaptionedImages.open(file);
        assertThat(images)
                .extracting(CaptionedImage::caption)
                .containsExactly("one", "two", "three");
        assertThat(images.get(1).read()).isEqualTo(png(2));
        assertThat(CaptionedImages.open(folder)).hasSize(3);

        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, 700));
        assertThatThrownBy(() -> CaptionedImages.open(file)).isInstanceOf(EllaException.class);
        Files.write(file, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> CaptionedImages.open(file)).isInstanceOf(EllaException.class);
    }

    @Test
    void whatCannotBeUsedIsNamed() throws IOException {
        assertThatThrownBy(() -> CaptionedImages.open(folder))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("no image with a caption");
        assertThatThrownBy(() -> CaptionedImages.open(folder.resolve("absent")))
                .hasMessageContaining("does not exist");
        Files.writeString(folder.resolve("a.webp"), "RIFF");
        Files.writeString(folder.resolve("a.txt"), "a");
        CaptionedImage image = CaptionedImages.open(folder).get(0);
        assertThatThrownBy(() -> image.decode(image.read()))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("a.webp")
                .hasMessageContaining("convert");
        Files.delete(folder.resolve("a.webp"));
        assertThatThrownBy(image::read).hasMessageContaining("a.webp");
    }
}
