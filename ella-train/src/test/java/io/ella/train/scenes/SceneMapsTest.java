package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.image.Image;
import java.util.List;
import org.junit.jupiter.api.Test;

class SceneMapsTest {
    private static final int SIDE = 16;
    private static final int SHAPES = 0;
    private static final int TEXTURES = Shape.values().length;
    private static final int SIZES = TEXTURES + Texture.values().length;
    private static final int COLOURS = SIZES + Size.values().length;
    private static final int BACKGROUNDS = COLOURS + Colour.values().length;
    private static final int COORDINATES = BACKGROUNDS + Background.values().length;

    private static float[] maps(Scene scene) {
        float[] maps = new float[SceneMaps.COUNT * SIDE * SIDE];
        SceneMaps.draw(scene, SIDE, maps, 0);
        return maps;
    }

    private static double sum(float[] maps, int from, int to) {
        double sum = 0;
        for (int i = from * SIDE * SIDE; i < to * SIDE * SIDE; i++) {
            sum += maps[i];
        }
        return sum;
    }

    @Test
    void anObjectCoversItsAreaInTheMapsOfItsWords() {
        Scene scene =
                new Scene(
                        Background.GRAY,
                        List.of(
                                new SceneObject(
                                        Shape.RING,
                                        Colour.RED,
                                        Size.LARGE,
                                        Texture.DOTTED,
                                        0.25,
                                        0.5)));
        float[] maps = maps(scene);
        double diameter = Size.LARGE.diameter() * SIDE;
        double area = Math.PI / 4 * diameter * diameter * (1 - 0.44 * 0.44);
        for (int map = 0; map < COORDINATES; map++) {
            boolean named =
                    map == List.of(Shape.values()).indexOf(Shape.RING)
                            || map == TEXTURES + List.of(Texture.values()).indexOf(Texture.DOTTED)
                            || map == SIZES + List.of(Size.values()).indexOf(Size.LARGE)
                            || map == COLOURS + List.of(Colour.values()).indexOf(Colour.RED);
            double covered = named ? area : 0;
            if (map == BACKGROUNDS + List.of(Background.values()).indexOf(Background.GRAY)) {
                covered = SIDE * SIDE - area;
            }
            // Antialiasing rounds what cells at the edge are covered by.
            assertThat(sum(maps, map, map + 1)).isCloseTo(covered, within(0.03 * area));
        }
        int ring = List.of(Shape.values()).indexOf(Shape.RING) * SIDE * SIDE;
        assertThat(maps[ring + 8 * SIDE + 4]).isLessThan(0.1f); // its hole
        assertThat(maps[ring + 8 * SIDE + 6]).isGreaterThan(0.9f);
    }

    @Test
    void everyCellIsOfTheBackgroundOrOfAnObjectWithAllWords() {
        for (int i = 0; i < 50; i++) {
            float[] maps = maps(SceneSampler.training(1).scene(i));
            double shapes = sum(maps, SHAPES, TEXTURES);
            assertThat(shapes).isPositive();
            assertThat(sum(maps, TEXTURES, SIZES)).isCloseTo(shapes, within(1e-3));
            assertThat(sum(maps, SIZES, COLOURS)).isCloseTo(shapes, within(1e-3));
            assertThat(sum(maps, COLOURS, BACKGROUNDS)).isCloseTo(shapes, within(1e-3));
            assertThat(sum(maps, BACKGROUNDS, COORDINATES))
                    .isCloseTo(SIDE * SIDE - shapes, within(1e-3));
            for (int j = 0; j < COORDINATES * SIDE * SIDE; j++) {
                assertThat(maps[j]).isBetween(0f, 1f);
            }
        }
    }

    @Test
    void cellsHaveCoordinates() {
        float[] maps = maps(SceneSampler.training(1).scene(0));
        assertThat(maps).hasSize((COORDINATES + 3) * SIDE * SIDE);
        int across = COORDINATES * SIDE * SIDE;
        int down = across + SIDE * SIDE;
        int cell = 3 * SIDE + SIDE - 1; // the last of the fourth row
        assertThat(maps[across + cell]).isEqualTo(1 - 1f / SIDE);
        assertThat(maps[down + cell]).isEqualTo(7f / SIDE - 1);
        assertThat(sum(maps, COORDINATES, COORDINATES + 2)).isCloseTo(0, within(1e-4));
    }

    @Test
    void theLastMapHasTheTonesThatAreDrawn() {
        SceneRenderer renderer = new SceneRenderer();
        int patch = SceneRenderer.DEFAULT_SIZE / SIDE;
        for (int i = 0; i < 50; i++) {
            Scene scene = SceneSampler.training(1).scene(i);
            int[] drawn = pixels(renderer.image(scene));
            float[] maps = maps(scene);
            int tones = (SceneMaps.COUNT - 1) * SIDE * SIDE;
            for (SceneObject object : scene.objects()) {
                float[] cover = SceneMaps.cover(object, SIDE);
                for (int cell = 0; cell < cover.length; cell++) {
                    if (cover[cell] > 0.99f) {
                        int x = cell % SIDE * patch + patch / 2;
                        int y = Math.floorDiv(cell, SIDE) * patch + patch / 2;
                        int pixel = drawn[y * SceneRenderer.DEFAULT_SIZE + x] & 0xffffff;
                        boolean second = pixel == object.colour().second();
                        assertThat(maps[tones + cell]).isCloseTo(second ? 1 : -1, within(0.01f));
                    }
                }
            }
        }
    }

    private static int[] pixels(Image image) {
        int size = image.width();
        return image.toBufferedImage().getRGB(0, 0, size, size, null, 0, size);
    }

    @Test
    void everyObjectCountsAsMuchAsALargeOne() {
        for (Size size : Size.values()) {
            SceneObject object =
                    new SceneObject(
                            Shape.STAR, Colour.RED, size, Texture.PLAIN, 7.5 / SIDE, 8.5 / SIDE);
            float[] weights = new float[1 + SIDE * SIDE];
            SceneMaps.weigh(new Scene(Background.GRAY, List.of(object)), SIDE, 1, weights, 1);
            double diameter = size.diameter() * SIDE;
            double counts = 0;
            for (int i = 0; i < SIDE * SIDE; i++) {
                boolean inside =
                        Math.abs(i % SIDE - 7) < diameter / 2
                                && Math.abs(Math.floorDiv(i, SIDE) - 8) < diameter / 2;
                counts += inside ? weights[1 + i] : 0;
                if (!inside) {
                    assertThat(weights[1 + i]).isEqualTo(1);
                }
            }
            assertThat(counts).isCloseTo(49, within(1e-3));
            assertThat(weights[0]).isZero();
        }
    }
}
