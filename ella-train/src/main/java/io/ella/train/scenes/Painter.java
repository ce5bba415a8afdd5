package io.ella.train.scenes;

import java.util.Arrays;
import java.util.Map;

/** Finds the colour and the texture of an object. */
final class Painter {
    /** A pixel's difference from a colour counts up to this. */
    private static final double MAX_DIFFERENCE = 40;

    /** Patterns with less amplitude, as a part of the difference of the tones, are none. */
    private static final double MIN_AMPLITUDE = 0.11;

    private static final int PERIOD = SceneRenderer.PERIOD;

    /** Pixels by which a pattern may lie beside where the renderer begins it. */
    private static final int MAX_OFFSET = 3;

    /** How much patterns count that begin elsewhere: on a small cross one is then like another. */
    private static final double ELSEWHERE = 0.9;

    private static final Map<Texture, double[]> PATTERNS =
            Map.of(
                    Texture.STRIPED,
                    pattern(Texture.STRIPED),
                    Texture.DOTTED,
                    pattern(Texture.DOTTED),
                    Texture.CHECKERED,
                    pattern(Texture.CHECKERED));

    private Painter() {}

    /** The colour whose two tones, or mixtures of them, the inside is made of. */
    static Colour colour(LabImage image, Mask object) {
        int[] inside = inside(object, 2).indices();
        Colour best = Colour.RED;
        double least = Double.POSITIVE_INFINITY;
        for (Colour colour : Colour.values()) {
            Lab first = Lab.of(colour.first());
            Lab second = Lab.of(colour.second());
            double difference = 0;
            for (int i : inside) {
                difference += Math.min(MAX_DIFFERENCE, image.at(i).distance(first, second));
            }
            if (difference < least) {
                least = difference;
                best = colour;
            }
        }
        return best;
    }

    /**
     * The texture whose pattern, wherever it begins, explains most of the variation between tones:
     * stripes are stripes whichever tone the centre has.
     */
    static Texture texture(LabImage image, Mask object, Colour colour, double x, double y) {
        int[] indices = inside(object, 2).indices();
        Lab first = Lab.of(colour.first());
        Lab second = Lab.of(colour.second());
        double[] count = new double[PERIOD * PERIOD];
        double[] tones = new double[PERIOD * PERIOD];
        for (int i : indices) { // to the patterns all periods are one
            int row = Math.floorMod(i / image.size - (int) Math.rint(y), PERIOD);
            int column = Math.floorMod(i % image.size - (int) Math.rint(x), PERIOD);
            count[row * PERIOD + column]++;
            tones[row * PERIOD + column] +=
                    Math.min(1.3, Math.max(-0.3, image.at(i).along(first, second)));
        }
        Texture best = Texture.PLAIN;
        double greatest = MIN_AMPLITUDE;
        for (Map.Entry<Texture, double[]> pattern : PATTERNS.entrySet()) {
            double amplitude = amplitude(pattern.getValue(), count, tones);
            if (amplitude > greatest) {
                greatest = amplitude;
                best = pattern.getKey();
            }
        }
        return best;
    }

    /** The greatest standard deviation that the pattern explains, wherever it begins. */
    private static double amplitude(double[] pattern, double[] count, double[] tones) {
        double n = Arrays.stream(count).sum();
        double mean = Arrays.stream(tones).sum() / n;
        double greatest = 0;
        for (int dy = 0; dy < PERIOD; dy++) {
            for (int dx = 0; dx < PERIOD; dx++) {
                double weight = Math.max(offset(dx), offset(dy)) > MAX_OFFSET ? ELSEWHERE : 1;
                double sum = 0;
                double squares = 0;
                double product = 0;
                for (int cell = 0; cell < pattern.length; cell++) {
                    int x = (cell % PERIOD + dx) % PERIOD;
                    int y = (cell / PERIOD + dy) % PERIOD;
                    double p = pattern[y * PERIOD + x];
                    sum += count[cell] * p;
                    squares += count[cell] * p * p;
                    product += tones[cell] * p;
                }
                double variance = squares / n - sum / n * (sum / n);
                double covariance = product / n - sum / n * mean;
                if (variance > 1e-3) {
                    greatest = Math.max(greatest, weight * covariance / Math.sqrt(variance));
                }
            }
        }
        return greatest;
    }

    private static int offset(int shift) {
        return Math.min(shift, PERIOD - shift);
    }

    /**
     * One period of the pattern in a soft form, its lowest harmonics; negative is the first tone.
     */
    private static double[] pattern(Texture texture) {
        double[] pattern = new double[PERIOD * PERIOD];
        for (int y = 0; y < PERIOD; y++) {
            for (int x = 0; x < PERIOD; x++) {
                double u = Math.cos(2 * Math.PI * (x + 0.5) / PERIOD);
                double v = Math.cos(2 * Math.PI * (y + 0.5) / PERIOD);
                pattern[y * PERIOD + x] =
                        switch (texture) {
                            case PLAIN -> 0;
                            case STRIPED -> -v;
                            case CHECKERED -> -u * v;
                            case DOTTED -> (1 - u) * (1 + v);
                        };
            }
        }
        return pattern;
    }

    /** Without the edge, as far as enough is left. */
    private static Mask inside(Mask object, int margin) {
        Mask inside = object;
        for (int i = 0; i < margin; i++) {
            Mask eroded = inside.eroded();
            if (eroded.area() < 0.3 * object.area()) {
                return inside;
            }
            inside = eroded;
        }
        return inside;
    }
}
