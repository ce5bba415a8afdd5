package io.ella.train.scenes;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where in a picture which shapes, textures, sizes and colours are, and which background: for each
 * of these words a map of how much of every cell it covers, from 0 to 1. Then come two maps of
 * where every cell is itself, from -1 at the left and at the top to 1: a network of convolutions
 * knows that only from the edges, and without it no word says where anything is to be. The last
 * tells the tones of objects, which textures are made of: -1 for the first, 1 for the second, 0
 * elsewhere. It is right where a cell is as wide as a stripe.
 */
public final class SceneMaps {
    private static final List<Enum<?>> WORDS =
            Stream.<Enum<?>[]>of(
                            Shape.values(),
                            Texture.values(),
                            Size.values(),
                            Colour.values(),
                            Background.values())
                    .<Enum<?>>flatMap(Arrays::stream)
                    .toList();

    private static final int COORDINATES = 2;

    /** The contrast from which on forms are learned no better, in RGB. */
    private static final double STANDS_OUT = 160;

    /**
     * How many maps there are: shapes, then textures, sizes, colours, backgrounds, coordinates,
     * tones.
     */
    public static final int COUNT = WORDS.size() + COORDINATES + 1;

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
        int cells = side * side;
        int behind = offset + WORDS.indexOf(scene.background()) * cells;
        Arrays.fill(maps, behind, behind + cells, 1);
        int tones = offset + (COUNT - 1) * cells;
        for (SceneObject object : scene.objects()) {
            float[] cover = cover(object, side);
            int[] words =
                    Stream.of(object.shape(), object.texture(), object.size(), object.colour())
                            .mapToInt(WORDS::indexOf)
                            .toArray();
            for (int i = 0; i < cells; i++) {
                for (int word : words) {
                    maps[offset + word * cells + i] += cover[i];
                }
                maps[behind + i] = Math.max(0, maps[behind + i] - cover[i]);
                int right = i % side - (int) (object.x() * side);
                int below = i / side - (int) (object.y() * side);
                boolean second = object.texture().hasSecondTone(right, below);
                maps[tones + i] += second ? cover[i] : -cover[i];
            }
        }
        int across = offset + WORDS.size() * cells;
        for (int i = 0; i < cells; i++) {
            maps[across + i] = coordinate(i % side, side);
            maps[across + cells + i] = coordinate(i / side, side);
        }
    }

    private static float coordinate(int cell, int side) {
        return (2 * cell + 1f) / side - 1;
    }

    /**
     * Weighs cells so that every object counts as much as a large one that stands out: those of the
     * square around it by how many times larger a large one's is, and where its colour differs less
     * than 160 from the background (in RGB), by the square of how many times less. Else one that is
     * small or pale hardly counts, and so what draws it is content with a blot.
     *
     * @param scene what is in the picture
     * @param side height and width in cells
     * @param large the weight of the cells of a large object
     * @param weights takes {@code [side, side]} in row-major order; 1 where nothing is
     * @param offset the index of the first value
     */
    public static void weigh(Scene scene, int side, float large, float[] weights, int offset) {
        Arrays.fill(weights, offset, offset + side * side, 1);
        for (SceneObject object : scene.objects()) {
            double diameter = object.size().diameter();
            double smaller = Size.LARGE.diameter() / diameter;
            double paler = Math.max(1, STANDS_OUT / object.colour().contrast(scene.background()));
            float weight = large * (float) Math.pow(smaller * paler, 2);
            for (int i = 0; i < side * side; i++) {
                int row = i / side;
                double across = Math.abs((i % side + 0.5) / side - object.x());
                double down = Math.abs((row + 0.5) / side - object.y());
                if (Math.max(across, down) < diameter / 2) {
                    weights[offset + i] = Math.max(weights[offset + i], weight);
                }
            }
        }
    }

    /**
     * {@return how much of every cell an object covers, from 0 to 1, row-major}
     *
     * @param object which
     * @param side height and width in cells
     */
    public static float[] cover(SceneObject object, int side) {
        BufferedImage picture = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D graphics = SceneRenderer.graphics(picture);
        graphics.setColor(Color.WHITE);
        graphics.fill(Outlines.of(object, side));
        graphics.dispose();
        byte[] drawn = ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
        float[] cover = new float[drawn.length];
        for (int i = 0; i < cover.length; i++) {
            cover[i] = (drawn[i] & 0xff) / 255f;
        }
        return cover;
    }
}
