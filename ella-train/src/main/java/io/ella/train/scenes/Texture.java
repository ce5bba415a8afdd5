package io.ella.train.scenes;

import java.util.Locale;

/**
 * How an object is filled. Patterns start at its centre and are as wide on small objects as on
 * large ones: a stripe, a check or a dot for 8 of 128 pixels, which to a VAE with a factor of 8 is
 * one latent.
 */
public enum Texture {
    /** The first tone alone. */
    PLAIN,
    /** Horizontal stripes of both tones. */
    STRIPED,
    /** Dots of the second tone in rows and columns. */
    DOTTED,
    /** Squares of both tones. */
    CHECKERED;

    /**
     * The word of the captions.
     *
     * @return such as {@code striped}
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@return whether it has the second tone in a patch as wide as a stripe}
     *
     * @param across how many patches right of that in the object's centre, or left if negative
     * @param down how many below it
     */
    boolean hasSecondTone(int across, int down) {
        boolean oddColumn = (across & 1) == 1;
        boolean oddRow = (down & 1) == 1;
        return switch (this) {
            case PLAIN -> false;
            case STRIPED -> oddRow;
            case DOTTED -> oddColumn && !oddRow;
            case CHECKERED -> oddColumn != oddRow;
        };
    }
}
