package io.ella.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTest {
    private final Path folder;

    ImageTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void roundsHalfToEvenAndClamps() {
        // 0.5 / 255 * 255 is 0.5 exactly in float32, and so is 2.5 / 255 * 255: numpy gives 0 and
        // 2.
        float[] chw = {
            0.5f / 255,
            2.5f / 255,
            -0.1f,
            1.1f,
            0f,
            1f,
            0.25f,
            0.999f,
            1e-9f,
            0.5f,
            1.5f / 255,
            3.5f / 255
        };

        byte[] rgb = Image.fromChw(chw, 2, 2).toRgb();

        assertThat(rgb).containsExactly(bytes(0, 0, 0, 2, 255, 128, 0, 64, 2, 255, 255, 4));
    }

    @Test
    void floatsOfAnImageGiveItBack() {
        Image image = random(7, 5, 1);

        assertThat(Image.fromChw(image.toChw(), 7, 5)).isEqualTo(image);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void namesTheValueThatIsNotFinite(float bad) {
        float[] chw = new float[3 * 2 * 4];
        chw[8 + 4 + 2] = bad;

        assertThatThrownBy(() -> Image.fromChw(chw, 4, 2))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(bad + " at channel 1, row 1, column 2");
    }

    @Test
    void refusesWrongLengthsAndSizes() {
        assertThatThrownBy(() -> Image.fromChw(new float[11], 2, 2))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("11 values")
                .hasMessageContaining("[3, 2, 2]");
        assertThatThrownBy(() -> Image.fromRgb(new byte[11], 2, 2))
                .isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> Image.fromRgb(new byte[0], 0, 2))
                .isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> Image.fromRgb(new byte[0], 1 << 16, 1 << 16))
                .isInstanceOf(EllaException.class);
    }

    @Test
    void doesNotShareItsBytes() {
        byte[] rgb = {1, 2, 3};
        Image image = Image.fromRgb(rgb, 1, 1);
        rgb[0] = 9;
        image.toRgb()[1] = 9;

        assertThat(image.toRgb()).containsExactly(1, 2, 3);
    }

    @Test
    void goesThroughBufferedImages() {
        Image image = random(9, 4, 2);

        assertThat(Image.fromBufferedImage(image.toBufferedImage())).isEqualTo(image);
    }

    @Test
    void keepsGreySamplesAndDropsAlpha() {
        BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSample(1, 0, 0, 77);
        BufferedImage clear = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
        clear.setRGB(0, 0, 0x10c86432);
        BufferedImage deep = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
        deep.getRaster().setSample(0, 0, 0, 0xab12);

        assertThat(Image.fromBufferedImage(grey).toRgb())
                .containsExactly(bytes(0, 0, 0, 77, 77, 77));
        assertThat(Image.fromBufferedImage(clear).toRgb()).containsExactly(bytes(200, 100, 50));
        assertThat(Image.fromBufferedImage(deep).toRgb()).containsExactly(bytes(0xab, 0xab, 0xab));
    }

    @Test
    void readsFiles() throws Exception {
        Image image = random(33, 20, 3);
        Path png = folder.resolve("a.png");
        Path bmp = folder.resolve("a.bmp");
        ImageIO.write(image.toBufferedImage(), "png", png.toFile());
        ImageIO.write(image.toBufferedImage(), "bmp", bmp.toFile());

        assertThat(Image.read(png)).isEqualTo(image);
        assertThat(Image.read(bmp)).isEqualTo(image);
    }

    @Test
    void refusesFilesThatAreNoImages() throws Exception {
        Path text = Files.writeString(folder.resolve("a.png"), "hello");
        byte[] png = Png.encode(random(8, 8, 4), Map.of());
        Path cut = Files.write(folder.resolve("b.png"), Arrays.copyOf(png, png.length / 2));

        assertThatThrownBy(() -> Image.read(text))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("a.png")
                .hasMessageContaining("not an image");
        assertThatThrownBy(() -> Image.read(cut))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("b.png");
        assertThatThrownBy(() -> Image.read(folder))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("is a folder");
        assertThatThrownBy(() -> Image.read(folder.resolve("none.png")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void gridsGoRowByRowAndPadWithBlack() {
        Image a = Image.fromRgb(bytes(1, 1, 1), 1, 1);
        Image b = Image.fromRgb(bytes(2, 2, 2), 1, 1);
        Image c = Image.fromRgb(bytes(3, 3, 3), 1, 1);

        Image grid = Image.grid(List.of(a, b, c), 2);

        assertThat(grid).hasToString("2x2");
        assertThat(grid.toRgb()).containsExactly(bytes(1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0));
    }

    @Test
    void gridCellsAreTheImages() {
        List<Image> images = List.of(random(3, 2, 5), random(3, 2, 6), random(3, 2, 7));

        BufferedImage grid = Image.grid(images, 3).toBufferedImage();

        assertThat(grid.getWidth()).isEqualTo(9);
        for (int i = 0; i < 3; i++) {
            assertThat(Image.fromBufferedImage(grid.getSubimage(3 * i, 0, 3, 2)))
                    .isEqualTo(images.get(i));
        }
    }

    @Test
    void refusesGridsThatAreNone() {
        assertThatThrownBy(() -> Image.grid(List.of(), 2)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> Image.grid(List.of(random(1, 1, 1)), 0))
                .isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> Image.grid(List.of(random(1, 1, 1)), Integer.MAX_VALUE))
                .isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> Image.grid(List.of(random(2, 1, 1), random(1, 2, 1)), 2))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("1x2")
                .hasMessageContaining("2x1");
    }

    static Image random(int width, int height, long seed) {
        byte[] rgb = new byte[3 * width * height];
        new Random(seed).nextBytes(rgb);
        return Image.fromRgb(rgb, width, height);
    }

    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
