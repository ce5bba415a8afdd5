package io.ella.train.scenes;

import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Scenes by number: scene {@code i} of a seed is always the same, and needs no other scene to be
 * made first. Immutable, so thread-safe.
 *
 * <p>There are 1, 2, 3 or 4 objects in 15, 35, 30 and 20 % of the scenes, 40 % of the objects are
 * plain. Centroids are in the middle of a latent, of which there is one for {@value #GRID} pixels
 * (at 128×128), so that the same object looks the same to a VAE wherever it is. Objects keep
 * {@value #GAP} pixels from each other and {@value #MARGIN} from the edge; no two share one of the
 * nine {@link Place}s. From every object a chain of clear {@link Relation}s leads to every other.
 */
public final class SceneSampler {
    private static final int PICTURE = 128;
    private static final int GRID = 8;
    private static final int GAP = 5;
    private static final int MARGIN = 1;

    private static final double[] COUNTS = {0.15, 0.35, 0.30, 0.20};
    private static final double PLAIN = 0.4;

    private static final List<Texture> PATTERNS =
            List.of(Texture.STRIPED, Texture.DOTTED, Texture.CHECKERED);

    private final long seed;
    private final boolean heldOut;

    private SceneSampler(long seed, boolean heldOut) {
        this.seed = seed;
        this.heldOut = heldOut;
    }

    /**
     * Scenes to train on: none {@linkplain Scene#isHeldOut() held out}.
     *
     * @param seed of the data set
     * @return its scenes
     */
    public static SceneSampler training(long seed) {
        return new SceneSampler(seed, false);
    }

    /**
     * Scenes to evaluate on: all of them {@linkplain Scene#isHeldOut() held out}.
     *
     * @param seed of the data set
     * @return its scenes
     */
    public static SceneSampler heldOut(long seed) {
        return new SceneSampler(seed, true);
    }

    /**
     * One scene.
     *
     * @param index any
     * @return the scene of that number
     */
    public Scene scene(long index) {
        SplittableRandom random = Seeds.stream(seed, index);
        Background background = Seeds.pick(random, Background.values());
        int count = count(random);
        while (true) {
            List<SceneObject> objects = place(random, kinds(random, count));
            if (objects == null) {
                continue;
            }
            Scene scene = new Scene(background, objects);
            if (scene.isHeldOut() == heldOut) {
                return scene;
            }
        }
    }

    private static int count(SplittableRandom random) {
        double u = random.nextDouble();
        int count = 1;
        while (count < COUNTS.length && u >= COUNTS[count - 1]) {
            u -= COUNTS[count - 1];
            count++;
        }
        return count;
    }

    /** Objects of different names, not yet placed. */
    private static List<SceneObject> kinds(SplittableRandom random, int count) {
        List<SceneObject> kinds = new ArrayList<>();
        while (kinds.size() < count) {
            Shape shape = Seeds.pick(random, Shape.values());
            Colour colour = Seeds.pick(random, Colour.values());
            Size size = Seeds.pick(random, Size.values());
            Texture texture =
                    Seeds.chance(random, PLAIN) ? Texture.PLAIN : Seeds.pick(random, PATTERNS);
            if (kinds.stream().noneMatch(k -> k.shape() == shape && k.colour() == colour)) {
                kinds.add(new SceneObject(shape, colour, size, texture, 0, 0));
            }
        }
        return kinds;
    }

    /** Puts the objects into the picture; null if they found no room. */
    private static @Nullable List<SceneObject> place(
            SplittableRandom random, List<SceneObject> kinds) {
        for (int attempt = 0; attempt < 20; attempt++) {
            List<Place> places = new ArrayList<>(Arrays.asList(Place.values()));
            Collections.shuffle(places, new Random(random.nextLong()));
            List<SceneObject> placed = new ArrayList<>();
            for (int i = 0; i < kinds.size(); i++) {
                placed.add(at(random, kinds.get(i), places.get(i)));
            }
            if (apart(placed) && related(placed)) {
                return placed;
            }
        }
        return null;
    }

    /** An object somewhere in a place. */
    private static SceneObject at(SplittableRandom random, SceneObject kind, Place place) {
        Rectangle2D bounds = bounds(kind);
        int x = coordinate(random, place.column(), bounds.getMinX(), bounds.getMaxX());
        int y = coordinate(random, place.row(), bounds.getMinY(), bounds.getMaxY());
        return new SceneObject(
                kind.shape(),
                kind.colour(),
                kind.size(),
                kind.texture(),
                (double) x / PICTURE,
                (double) y / PICTURE);
    }

    private static int coordinate(SplittableRandom random, int cell, double min, double max) {
        double cellWidth = PICTURE / 3.0;
        double low = Math.max(cell * cellWidth, MARGIN - min);
        double high = Math.min((cell + 1) * cellWidth, PICTURE - MARGIN - max);
        int first = (int) Math.ceil(low / GRID - 0.5);
        int last = (int) Math.floor(high / GRID - 0.5);
        return random.nextInt(first, last + 1) * GRID + GRID / 2;
    }

    /** The bounding box in pixels around the object's own place. */
    private static Rectangle2D bounds(SceneObject object) {
        Rectangle2D unit = Outlines.bounds(object.shape());
        double d = object.size().diameter() * PICTURE;
        return new Rectangle2D.Double(
                object.x() * PICTURE + unit.getX() * d,
                object.y() * PICTURE + unit.getY() * d,
                unit.getWidth() * d,
                unit.getHeight() * d);
    }

    private static boolean apart(List<SceneObject> objects) {
        for (int i = 0; i < objects.size(); i++) {
            Rectangle2D a = bounds(objects.get(i));
            for (int j = 0; j < i; j++) {
                Rectangle2D b = bounds(objects.get(j));
                double x = Math.max(a.getMinX() - b.getMaxX(), b.getMinX() - a.getMaxX());
                double y = Math.max(a.getMinY() - b.getMaxY(), b.getMinY() - a.getMaxY());
                if (Math.max(x, y) < GAP) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether clear relations connect all objects. */
    private static boolean related(List<SceneObject> objects) {
        List<SceneObject> reached = new ArrayList<>(List.of(objects.get(0)));
        for (int i = 0; i < reached.size(); i++) {
            for (SceneObject object : objects) {
                if (!reached.contains(object) && Relation.between(object, reached.get(i)) != null) {
                    reached.add(object);
                }
            }
        }
        return reached.size() == objects.size();
    }
}
