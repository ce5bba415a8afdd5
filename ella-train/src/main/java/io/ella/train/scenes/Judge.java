package io.ella.train.scenes;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a picture back and checks what was said about it.
 *
 * <p>The background is the median colour along the edges. What differs from it and is connected is
 * an object. Its shape is the one of the six whose outline covers it best; its size follows from
 * its area; its colour is the one whose two tones are nearest to its inside in CIELAB; its texture
 * is the pattern that explains most of the variation between these tones, wherever it begins, if
 * there is any. Everything is a choice between what the small world knows: a judge of other
 * pictures it is not.
 *
 * <p>Immutable, so thread-safe.
 */
public final class Judge {
    private static final int SIZE = SceneRenderer.DEFAULT_SIZE;
    private static final int MIN_EDGE = 32;

    private final Outliner outliner = new Outliner();

    /** Makes a judge; one is enough. */
    public Judge() {}

    /**
     * Looks at a picture.
     *
     * @param image square, 32 pixels at least; 128 is best
     * @return what is in it
     * @throws EllaException if the picture is too small or not square
     */
    public Seen see(Image image) {
        if (image.width() != image.height()) {
            throw new EllaException(
                    "A picture of "
                            + image
                            + " pixels was given to judge; scenes are square. Crop it first.");
        }
        return seeUnit(image.toChw(), image.width());
    }

    /**
     * Looks at what a VAE decoded.
     *
     * @param chw {@code [3, edge, edge]} in row-major order, RGB, in [-1, 1]; values outside are
     *     clamped
     * @param edge pixels, 32 at least; 128 is best
     * @return what is in it
     * @throws EllaException if the edge does not fit, or if a value is not finite
     */
    public Seen see(float[] chw, int edge) {
        if (chw.length != 3L * edge * edge) {
            throw new EllaException(
                    chw.length
                            + " values were given to judge; a picture of "
                            + edge
                            + " pixels has [3, "
                            + edge
                            + ", "
                            + edge
                            + "]. Check the edge.");
        }
        float[] unit = new float[chw.length];
        for (int i = 0; i < chw.length; i++) {
            if (!Float.isFinite(chw[i])) {
                throw new EllaException(
                        "Value "
                                + i
                                + " of the picture to judge is "
                                + chw[i]
                                + "; numbers in [-1, 1] were expected. Decode in fp32.");
            }
            unit[i] = Math.min(1, Math.max(0, (chw[i] + 1) / 2));
        }
        return seeUnit(unit, edge);
    }

    /**
     * Checks facts against what was seen.
     *
     * <p>Each object described is first found among those seen: of all one-to-one assignments the
     * one that agrees in most attributes (colour and shape count three times as much as size,
     * texture and position), and among equals in most relations. What agrees in neither colour nor
     * shape is another object, so the one described is missing, and its facts are wrong. An
     * {@linkplain Fact.AnObject object} is right if anything seen has its colour and shape; a
     * {@linkplain Fact.Count count} is right if so many objects were seen.
     *
     * @param facts of one caption
     * @param seen the picture
     * @return each fact in the given order, and whether it is right
     */
    public static List<Judged> score(List<Fact> facts, Seen seen) {
        return new Scoring(facts, seen).judge();
    }

    private Seen seeUnit(float[] chw, int edge) {
        if (edge < MIN_EDGE) {
            throw new EllaException(
                    "A picture of "
                            + edge
                            + " pixels was given to judge; "
                            + MIN_EDGE
                            + " are needed at least. Draw it larger.");
        }
        LabImage image = LabImage.of(chw, edge, SIZE);
        Segments segments = Segments.of(image);
        List<SceneObject> objects = new ArrayList<>();
        for (Mask mask : segments.objects) {
            Outliner.Outline outline = outliner.outline(mask);
            Colour colour = Painter.colour(image, mask);
            objects.add(
                    new SceneObject(
                            outline.shape(),
                            colour,
                            Size.nearest(outline.diameter() / SIZE),
                            Painter.texture(image, mask, colour, outline.x(), outline.y()),
                            outline.x() / SIZE,
                            outline.y() / SIZE));
        }
        return new Seen(nearest(segments.background), objects);
    }

    private static Background nearest(Lab colour) {
        Background best = Background.GRAY;
        for (Background background : Background.values()) {
            if (Lab.of(background.rgb()).distance(colour) < Lab.of(best.rgb()).distance(colour)) {
                best = background;
            }
        }
        return best;
    }
}
