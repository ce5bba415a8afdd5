package io.ella.train.scenes;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.util.ArrayList;
import java.util.List;

/**
 * Where in a picture which shapes, textures and sizes are: for each of these words a map of how
 * much of every cell its objects cover, from 0 to 1.
 */
public final class SceneMaps {
    /** How many maps there are: shapes, then textures, then sizes. */
    public static final int COUNT;

    private static final List<Enum<?>> WORDS;

    static {
        List<Enum<?>> words = new ArrayList<>();
        words.addAll(List.of(Shape.values()));
        words.addAll(List.of(Texture.values()));
        words.addAll(List.of(Size.values()));
        WORDS = List.copyOf(words);
        COUNT = WORDS.size();
    }

    private SceneMaps() {}

    /**
     * Draws the maps of a scene.
     *
     * @param scene what is in the picture
     * @param side height and width in cells
     * @param maps takes {@code [COUNT, side, side]} in row-major order; zero where they begin
     * @param offset the index of the first value
     */
    public static void draw(Scene scene, int side, float[] maps, int offset) {
        for (SceneObject object : scene.objects()) {
            byte[] cover = cover(object, side);
            for (Enum<?> word : List.of(object.shape(), object.texture(), object.size())) {
                int from = offset + WORDS.indexOf(word) * cover.length;
                for (int i = 0; i < cover.length; i++) {
                    maps[from + i] += (cover[i] & 0xff) / 255f;
                }
            }
        }
    }

    private static byte[] cover(SceneObject object, int side) {
        BufferedImage picture = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D graphics = SceneRenderer.graphics(picture);
        graphics.setColor(Color.WHITE);
        graphics.fill(Outlines.of(object, side));
        graphics.dispose();
        return ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
    }
}
