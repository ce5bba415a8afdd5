package io.ella.train.scenes;

import java.util.Locale;

/** How big an object is. */
public enum Size {
    /** A diameter of 24 of 128 pixels. */
    SMALL(24),
    /** A diameter of 36 of 128 pixels. */
    MEDIUM(36),
    /** A diameter of 52 of 128 pixels. */
    LARGE(52);

    private final double diameter;

    Size(double pixels) {
        diameter = pixels / 128;
    }

    /**
     * The diameter of a circle of this size; other shapes have about the same extent.
     *
     * @return as a fraction of the picture's edge
     */
    public double diameter() {
        return diameter;
    }

    /** The size whose diameter is nearest, by ratio. */
    static Size nearest(double diameter) {
        Size best = SMALL;
        for (Size size : values()) {
            if (Math.abs(Math.log(diameter / size.diameter))
                    < Math.abs(Math.log(diameter / best.diameter))) {
                best = size;
            }
        }
        return best;
    }

    /**
     * The word of the captions.
     *
     * @return such as {@code small}
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
