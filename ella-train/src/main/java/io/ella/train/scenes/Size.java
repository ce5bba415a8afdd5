package io.ella.train.scenes;

import java.util.Locale;

/** How big an object is: 3, 5 or 7 latents of a VAE with a factor of 8 at 128×128. */
public enum Size {
    /** A diameter of 24 of 128 pixels. */
    SMALL(24),
    /** A diameter of 40 of 128 pixels. */
    MEDIUM(40),
    /** A diameter of 56 of 128 pixels. */
    LARGE(56);

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
