package io.ella.train.scenes;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Paint;
import java.awt.RenderingHints;
import java.awt.TexturePaint;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.HashMap;
import java.util.Map;

/** Draws scenes with Java2D, antialiased; needs no display. Immutable, so thread-safe. */
public final class SceneRenderer {
    /** The usual edge of a picture. */
    public static final int DEFAULT_SIZE = 128;

    private static final int MIN_SIZE = 32;
    private static final int MAX_SIZE = 4096;

    /** Pixels at 128×128 after which patterns repeat. */
    static final int PERIOD = 16;

    private static final double DOT = 7;

    private final int size;

    /** One period of each pattern; none where there is none. */
    private final Map<Fill, BufferedImage> tiles = new HashMap<>();

    private record Fill(Texture texture, Colour colour) {}

    /** Draws at 128×128. */
    public SceneRenderer() {
        this(DEFAULT_SIZE);
    }

    /**
     * Draws at any size.
     *
     * @param size the edge of the square picture in pixels, 32 to 4096
     * @throws EllaException if the size is out of range
     */
    public SceneRenderer(int size) {
        if (size < MIN_SIZE || size > MAX_SIZE) {
            throw new EllaException(
                    "A picture of "
                            + size
                            + " pixels was asked for; scenes are drawn at "
                            + MIN_SIZE
                            + " to "
                            + MAX_SIZE
                            + ". Choose another size.");
        }
        this.size = size;
        for (Texture texture : Texture.values()) {
            if (texture != Texture.PLAIN) {
                for (Colour colour : Colour.values()) {
                    tiles.put(new Fill(texture, colour), tile(texture, colour));
                }
            }
        }
    }

    /**
     * The size of the pictures.
     *
     * @return the edge in pixels
     */
    public int size() {
        return size;
    }

    /**
     * Draws a scene for a VAE.
     *
     * @param scene what to draw
     * @return a new {@code [3, size, size]} in row-major order, RGB, in [-1, 1]
     */
    public float[] render(Scene scene) {
        float[] chw = new float[3 * size * size];
        render(scene, chw, 0);
        return chw;
    }

    /**
     * Draws a scene for a VAE, into a batch.
     *
     * @param scene what to draw
     * @param chw takes {@code [3, size, size]} in row-major order, RGB, in [-1, 1]
     * @param offset the index of the first value
     * @throws EllaException if the values do not fit
     */
    public void render(Scene scene, float[] chw, int offset) {
        int pixels = size * size;
        if (offset < 0 || offset > chw.length - 3 * pixels) {
            throw new EllaException(
                    "A picture of "
                            + 3 * pixels
                            + " values does not fit into an array of "
                            + chw.length
                            + " from index "
                            + offset
                            + ". Give a longer array.");
        }
        int[] rgb = ((DataBufferInt) draw(scene).getRaster().getDataBuffer()).getData();
        for (int i = 0; i < pixels; i++) {
            chw[offset + i] = (rgb[i] >> 16 & 0xff) / 127.5f - 1;
            chw[offset + pixels + i] = (rgb[i] >> 8 & 0xff) / 127.5f - 1;
            chw[offset + 2 * pixels + i] = (rgb[i] & 0xff) / 127.5f - 1;
        }
    }

    /**
     * Draws a scene to look at.
     *
     * @param scene what to draw
     * @return the picture, {@code size} × {@code size}
     */
    public Image image(Scene scene) {
        return Image.fromBufferedImage(draw(scene));
    }

    private BufferedImage draw(Scene scene) {
        BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = graphics(picture);
        graphics.setColor(new Color(scene.background().rgb()));
        graphics.fillRect(0, 0, size, size);
        for (SceneObject object : scene.objects()) {
            graphics.setPaint(paint(object));
            graphics.fill(Outlines.of(object, size));
        }
        graphics.dispose();
        return picture;
    }

    private Paint paint(SceneObject object) {
        BufferedImage tile = tiles.get(new Fill(object.texture(), object.colour()));
        if (tile == null) {
            return new Color(object.colour().first());
        }
        // Whole pixels: a tile between them would be blurred.
        double x = Math.rint(object.x() * size - tile.getWidth() / 4.0);
        double y = Math.rint(object.y() * size - tile.getHeight() / 4.0);
        return new TexturePaint(
                tile, new Rectangle2D.Double(x, y, tile.getWidth(), tile.getHeight()));
    }

    /** One period of a pattern; the middle of its upper left quarter is the object's centre. */
    private BufferedImage tile(Texture texture, Colour colour) {
        double unit = (double) size / DEFAULT_SIZE;
        int half = (int) Math.max(1, Math.rint(PERIOD / 2 * unit));
        BufferedImage tile = new BufferedImage(2 * half, 2 * half, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = graphics(tile);
        graphics.setColor(new Color(colour.first()));
        graphics.fillRect(0, 0, 2 * half, 2 * half);
        graphics.setColor(new Color(colour.second()));
        switch (texture) {
            case STRIPED -> graphics.fillRect(0, half, 2 * half, half);
            case CHECKERED -> {
                graphics.fillRect(half, 0, half, half);
                graphics.fillRect(0, half, half, half);
            }
            case DOTTED -> { // beside the centre, which may be a hole
                double dot = DOT * unit;
                double x = 1.5 * half - dot / 2;
                double y = 0.5 * half - dot / 2;
                graphics.fill(new Ellipse2D.Double(x, y, dot, dot));
            }
            case PLAIN -> {}
        }
        graphics.dispose();
        return tile;
    }

    static Graphics2D graphics(BufferedImage image) {
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(
                RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        return graphics;
    }
}
