package io.ella.train.scenes;

import java.util.List;

/**
 * What the {@link Judge} sees in a picture. Unlike a {@link Scene} it may have any number of
 * objects, and several of one shape and colour. Immutable.
 *
 * @param background the background it is nearest to
 * @param objects from the largest to the smallest
 */
public record Seen(Background background, List<SceneObject> objects) {
    /** Copies. */
    public Seen {
        objects = List.copyOf(objects);
    }
}
