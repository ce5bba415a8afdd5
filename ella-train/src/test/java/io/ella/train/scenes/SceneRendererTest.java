package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SceneRendererTest {
    private final SceneRenderer renderer = new SceneRenderer();

    @Test
    void drawsBackgroundAndObjectInTheirColours() {
        float[] chw = renderer.render(scene(Shape.CIRCLE, Size.LARGE, Texture.PLAIN));

        assertThat(chw).hasSize(3 * 128 * 128);
        assertThat(pixel(chw, 2, 2)).isEqualTo(Background.MINT.rgb());
        assertThat(pixel(chw, 64, 64)).isEqualTo(Colour.BLUE.first());
        assertThat(pixel(chw, 64 + 24, 64)).isEqualTo(Colour.BLUE.first());
        assertThat(pixel(chw, 64 + 29, 64)).isEqualTo(Background.MINT.rgb());
    }

    @Test
    void aRingHasAHole() {
        float[] chw = renderer.render(scene(Shape.RING, Size.SMALL, Texture.PLAIN));

        assertThat(pixel(chw, 64, 64)).isEqualTo(Background.MINT.rgb());
        assertThat(pixel(chw, 64, 64 - 9)).isEqualTo(Colour.BLUE.first());
    }

    @Test
    void patternsHaveBothTones() {
        float[] stripes = renderer.render(scene(Shape.SQUARE, Size.LARGE, Texture.STRIPED));
        float[] dots = renderer.render(scene(Shape.SQUARE, Size.LARGE, Texture.DOTTED));
        float[] checks = renderer.render(scene(Shape.SQUARE, Size.LARGE, Texture.CHECKERED));

        for (int x = 42; x < 70; x++) {
            assertThat(pixel(stripes, x, 64)).isEqualTo(pixel(stripes, 64, 64));
            assertThat(pixel(stripes, x, 72)).isNotEqualTo(pixel(stripes, x, 64));
            assertThat(pixel(checks, x, 72)).isNotEqualTo(pixel(checks, x, 64));
            assertThat(pixel(checks, x + 8, 64)).isNotEqualTo(pixel(checks, x, 64));
            assertThat(pixel(checks, x + 16, 64)).isEqualTo(pixel(checks, x, 64));
        }
        assertThat(pixel(stripes, 64, 64)).isEqualTo(Colour.BLUE.first());
        assertThat(pixel(dots, 64, 64)).isEqualTo(Colour.BLUE.first());
        assertThat(pixel(dots, 72, 64)).isEqualTo(Colour.BLUE.second());
        assertThat(pixel(dots, 56, 80)).isEqualTo(Colour.BLUE.second());
        assertThat(pixel(dots, 72, 72)).isEqualTo(Colour.BLUE.first());
    }

    @Test
    void floatsAreTheImage() {
        Scene scene = SceneSampler.training(1).scene(5);
        float[] chw = renderer.render(scene);
        float[] image = renderer.image(scene).toChw();

        for (int i = 0; i < chw.length; i++) {
            assertThat((chw[i] + 1) / 2).isCloseTo(image[i], within(1e-6f));
        }
    }

    @Test
    void centroidsAreWhereTheSceneHasThem() {
        for (Shape shape : Shape.values()) {
            float[] chw = renderer.render(scene(shape, Size.LARGE, Texture.PLAIN));
            double x = 0;
            double y = 0;
            int n = 0;
            for (int i = 0; i < 128 * 128; i++) {
                if (pixel(chw, i % 128, i / 128) == Colour.BLUE.first()) {
                    x += i % 128 + 0.5;
                    y += Math.floorDiv(i, 128) + 0.5;
                    n++;
                }
            }
            assertThat(x / n).as(shape.word()).isCloseTo(64, within(0.6));
            assertThat(y / n).as(shape.word()).isCloseTo(64, within(0.6));
        }
    }

    @Test
    void writesIntoABatch() {
        Scene scene = SceneSampler.training(1).scene(6);
        float[] one = renderer.render(scene);
        float[] batch = new float[2 * one.length];
        renderer.render(scene, batch, one.length);

        assertThat(batch).startsWith(new float[one.length]).endsWith(one);
        assertThatThrownBy(() -> renderer.render(scene, batch, one.length + 1))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("does not fit");
    }

    @Test
    void drawsTheSameAtOtherSizes() {
        Scene scene = scene(Shape.STAR, Size.MEDIUM, Texture.CHECKERED);
        Image image = new SceneRenderer(256).image(scene);

        assertThat(image.width()).isEqualTo(256);
        assertThat(new Judge().see(image).objects()).hasSize(1);
        assertThatThrownBy(() -> new SceneRenderer(8)).isInstanceOf(EllaException.class);
    }

    @Test
    void manyThreadsShareOne() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<float[]>> pictures = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Scene scene = SceneSampler.training(2).scene(i % 10);
                pictures.add(threads.submit(() -> renderer.render(scene)));
            }
            for (int i = 0; i < 100; i++) {
                assertThat(pictures.get(i).get()).isEqualTo(pictures.get(i % 10).get());
            }
        } finally {
            threads.shutdown();
        }
    }

    private static Scene scene(Shape shape, Size size, Texture texture) {
        return new Scene(
                Background.MINT,
                List.of(new SceneObject(shape, Colour.BLUE, size, texture, 0.5, 0.5)));
    }

    private static int pixel(float[] chw, int x, int y) {
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
            rgb = rgb << 8 | Math.round((chw[c * 128 * 128 + y * 128 + x] + 1) * 127.5f);
        }
        return rgb;
    }
}
