package io.ella.train.scenes;

import java.util.Locale;

/** What an object's outline is. None is ever turned. */
public enum Shape {
    /** A disc. */
    CIRCLE,
    /** With horizontal and vertical sides. */
    SQUARE,
    /** Equilateral, one corner up. */
    TRIANGLE,
    /** Five points, one of them up. */
    STAR,
    /** A plus sign with broad arms. */
    CROSS,
    /** A circle with a round hole. */
    RING;

    /**
     * The word of the captions.
     *
     * @return such as {@code circle}
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
