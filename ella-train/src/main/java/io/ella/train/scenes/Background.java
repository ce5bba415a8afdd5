package io.ella.train.scenes;

import java.util.Locale;

/** The plain field behind the objects: muted, and in CIELAB at least 25 from every other. */
public enum Background {
    /** A middle gray. */
    GRAY(0x828282),
    /** Sand. */
    BEIGE(0xdac49b),
    /** A light, cool green. */
    MINT(0xa5e1be),
    /** A light violet. */
    LAVENDER(0xbeafe1),
    /** A blue green. */
    TEAL(0x238287),
    /** A dull yellow green. */
    OLIVE(0x7d8446);

    private final int rgb;

    Background(int rgb) {
        this.rgb = rgb;
    }

    /**
     * The colour.
     *
     * @return {@code 0xRRGGBB}
     */
    public int rgb() {
        return rgb;
    }

    /**
     * The word of the captions.
     *
     * @return such as {@code gray}
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
