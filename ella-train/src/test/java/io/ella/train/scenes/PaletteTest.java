package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The distances in CIELAB that {@link Colour} and {@link Background} promise. */
class PaletteTest {
    @Test
    void colourSpaceIsCielab() { // values of the standard's sRGB primaries
        assertThat(Lab.of(0xffffff).distance(new Lab(100, 0, 0))).isLessThan(0.05);
        assertThat(Lab.of(0xff0000).distance(new Lab(53.24, 80.09, 67.20))).isLessThan(0.05);
        assertThat(Lab.of(0x0000ff).distance(new Lab(32.30, 79.19, -107.86))).isLessThan(0.05);
    }

    @Test
    void backgroundsAreApart() {
        for (Background one : Background.values()) {
            for (Background other : Background.values()) {
                if (one != other) {
                    assertThat(Lab.of(one.rgb()).distance(Lab.of(other.rgb())))
                            .as(one + " " + other)
                            .isGreaterThan(25);
                }
            }
        }
    }

    @Test
    void colourIsApartFromBackgrounds() {
        for (Colour colour : Colour.values()) {
            for (Background background : Background.values()) {
                Lab behind = Lab.of(background.rgb());

                assertThat(behind.distance(Lab.of(colour.first()), Lab.of(colour.second())))
                        .as(colour + " " + background)
                        .isGreaterThan(21);
            }
        }
    }

    @Test
    void tonesAreApartAndStayWithTheirColour() {
        for (Colour colour : Colour.values()) {
            Lab first = Lab.of(colour.first());
            Lab second = Lab.of(colour.second());

            assertThat(first.distance(second)).as(colour.word()).isBetween(21.0, 48.0);
            for (double share = 0; share <= 1; share += 0.05) {
                Lab tone = first.mix(second, share);
                for (Colour other : Colour.values()) {
                    if (other != colour) {
                        assertThat(tone.distance(Lab.of(other.first()), Lab.of(other.second())))
                                .as(colour + " " + other)
                                .isGreaterThan(24);
                    }
                }
            }
        }
    }
}
