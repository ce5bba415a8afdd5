package io.ella.train.scenes;

import io.ella.core.EllaException;
import java.util.List;

/**
 * What is in a picture. No two objects share both shape and colour, so each can be referred to.
 * Immutable.
 *
 * @param background what is behind the objects
 * @param objects one to four, in no particular order
 */
public record Scene(Background background, List<SceneObject> objects) {
    /** The most objects of a scene. */
    public static final int MAX_OBJECTS = 4;

    /** One of so many combinations of objects is held out from training. */
    private static final int HELD_OUT = 10;

    /**
     * Checks and copies.
     *
     * @throws EllaException if there are no or too many objects, or two of one shape and colour
     */
    public Scene {
        objects = List.copyOf(objects);
        if (objects.isEmpty() || objects.size() > MAX_OBJECTS) {
            throw new EllaException(
                    "A scene of "
                            + objects.size()
                            + " objects was given; it must have 1 to "
                            + MAX_OBJECTS
                            + ". Add or leave out objects.");
        }
        long distinct = objects.stream().map(o -> o.colour() + " " + o.shape()).distinct().count();
        if (distinct < objects.size()) {
            throw new EllaException(
                    "Two objects of the scene have the same shape and colour; each must be the only one of"
                            + " its kind. Change one of them.");
        }
    }

    /**
     * Whether training never sees this combination of objects. It depends on the colours, shapes
     * and textures of all objects together, and on nothing else; about a tenth of the combinations
     * is held out.
     *
     * @return true if it is kept for evaluation
     */
    public boolean isHeldOut() {
        List<String> kinds =
                objects.stream()
                        .map(o -> o.colour() + " " + o.shape() + " " + o.texture())
                        .sorted()
                        .toList();
        long hash = 0;
        for (String kind : kinds) {
            hash = Seeds.mix(hash + kind.hashCode());
        }
        return Math.floorMod(hash, HELD_OUT) == 0;
    }
}
