package io.ella.train.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.image.Image;
import org.junit.jupiter.api.Test;

class CroppingTest {
    private static final int WIDTH = 37;
    private static final int HEIGHT = 23;

    private static Image pattern() {
        byte[] rgb = new byte[3 * WIDTH * HEIGHT];
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                int i = 3 * (y * WIDTH + x);
                rgb[i] = (byte) (x * 53 + y * 29);
                rgb[i + 1] = (byte) (x * x + 3 * y);
                rgb[i + 2] = (byte) (x * 7 ^ y * 11);
            }
        }
        return Image.fromRgb(rgb, WIDTH, HEIGHT);
    }

    private static void assertPixel(float[] square, int size, int row, int column, int... rgb) {
        for (int c = 0; c < 3; c++) {
            float value = (square[(c * size + row) * size + column] + 1) * 127.5f;
            assertThat(value).isCloseTo(rgb[c], within(1.1f));
        }
    }

    /** Values of Pillow's {@code resize((size, size), LANCZOS, box)}, which rounds twice. */
    @Test
    void asPillow() {
        float[] smaller = Cropping.square(pattern(), 16);
        assertPixel(smaller, 16, 0, 0, 136, 53, 53);
        assertPixel(smaller, 16, 0, 15, 80, 33, 199);
        assertPixel(smaller, 16, 7, 3, 146, 162, 36);
        assertPixel(smaller, 16, 15, 15, 96, 144, 48);
        assertPixel(smaller, 16, 8, 8, 65, 124, 113);
        float[] larger = Cropping.square(pattern(), 40);
        assertPixel(larger, 40, 0, 0, 103, 46, 47);
        assertPixel(larger, 40, 0, 39, 0, 90, 206);
        assertPixel(larger, 40, 20, 13, 46, 172, 78);
        assertPixel(larger, 40, 39, 39, 138, 163, 53);
    }

    @Test
    void whatFitsStaysAsItIs() {
        byte[] rgb = new byte[3 * 64];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 5);
        }
        Image image = Image.fromRgb(rgb, 8, 8);
        float[] chw = image.toChw();
        float[] square = Cropping.square(image, 8);
        for (int i = 0; i < chw.length; i++) {
            assertThat(square[i]).isCloseTo(2 * chw[i] - 1, within(1e-6f));
        }
    }
}
