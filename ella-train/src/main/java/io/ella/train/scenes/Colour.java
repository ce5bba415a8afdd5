package io.ella.train.scenes;

import java.util.Locale;

/**
 * What colour an object has: a first tone, all of it when the texture is plain, and a lighter or
 * darker second tone of textures.
 *
 * <p>The tones are chosen so that in CIELAB any mixture of one colour's tones is at least 24 away
 * from any mixture of another's, and at least 21 from every {@link Background}.
 */
public enum Colour {
    /** Red, with dark red. */
    RED(0xe11e28, 0x8c0a1e),
    /** Orange, with light orange. */
    ORANGE(0xfa820f, 0xffbe5a),
    /** Yellow, with dark yellow. */
    YELLOW(0xfae123, 0xbea50a),
    /** Green, with dark green. */
    GREEN(0x23a03c, 0x0a5f23),
    /** Blue, with light blue. */
    BLUE(0x2350dc, 0x6e9bfa),
    /** Purple, with light purple. */
    PURPLE(0x7d28a5, 0xbe73e1),
    /** Pink, with a dark, strong pink. */
    PINK(0xff96c8, 0xde3282),
    /** Brown, with light brown. */
    BROWN(0x6e3c19, 0xb27848),
    /** White, with a silvery white. */
    WHITE(0xfcfcfc, 0xbebec6),
    /** Black, with anthracite. */
    BLACK(0x101014, 0x4e4e55);

    private final int first;
    private final int second;

    Colour(int first, int second) {
        this.first = first;
        this.second = second;
    }

    /**
     * The tone of plain objects.
     *
     * @return {@code 0xRRGGBB}
     */
    public int first() {
        return first;
    }

    /**
     * The tone that textures add.
     *
     * @return {@code 0xRRGGBB}
     */
    public int second() {
        return second;
    }

    /**
     * The word of the captions.
     *
     * @return such as {@code red}
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return how far the first tone is from a background, in RGB: a channel goes to 255} */
    double contrast(Background background) {
        double square = 0;
        for (int shift = 0; shift < 24; shift += 8) {
            square += Math.pow((first >> shift & 0xff) - (background.rgb() >> shift & 0xff), 2);
        }
        return Math.sqrt(square);
    }
}
