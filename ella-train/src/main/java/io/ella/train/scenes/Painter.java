package io.ella.train.scenes;

import java.util.Arrays;
import java.util.Map;

/** Finds the colour and the texture of an object. */
final class Painter {
    /** A pixel's difference from a colour counts up to this. */
    private static final double MAX_DIFFERENCE = 40;

    /** Patterns with less amplitude, as a part of the difference of the tones, are none. */
    private static final double MIN_AMPLITUDE = 0.11;

    private static final int STRIPES = 12;
    private static final int DOTS = 10;

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

    /** The texture whose pattern, at any offset, explains most of the variation between tones. */
    static Texture texture(LabImage image, Mask object, Colour colour) {
        Mask inside = inside(object, 2);
        int[] indices = inside.indices();
        Lab first = Lab.of(colour.first());
        Lab second = Lab.of(colour.second());
        double[] tone = new double[indices.length];
        for (int i = 0; i < indices.length; i++) {
            tone[i] = Math.min(1.3, Math.max(-0.3, image.at(indices[i]).along(first, second)));
        }
        Texture best = Texture.PLAIN;
        double greatest = MIN_AMPLITUDE;
        for (Map.Entry<Texture, double[]> pattern : PATTERNS.entrySet()) {
            double amplitude = amplitude(pattern.getValue(), tone, indices, image.size);
            if (amplitude > greatest) {
                greatest = amplitude;
                best = pattern.getKey();
            }
        }
        return best;
    }

    /** The greatest standard deviation that the pattern explains, over all offsets. */
    private static double amplitude(double[] pattern, double[] tone, int[] indices, int size) {
        int period = (int) Math.sqrt(pattern.length);
        double[] count = new double[pattern.length];
        double[] tones = new double[pattern.length];
        for (int i = 0; i < indices.length; i++) { // to the pattern all periods are one
            int cell = indices[i] / size % period * period + indices[i] % size % period;
            count[cell]++;
            tones[cell] += tone[i];
        }
        double n = indices.length;
        double mean = Arrays.stream(tones).sum() / n;
        double greatest = 0;
        for (int dy = 0; dy < period; dy++) {
            for (int dx = 0; dx < period; dx++) {
                double sum = 0;
                double squares = 0;
                double product = 0;
                for (int cell = 0; cell < pattern.length; cell++) {
                    int x = (cell % period + dx) % period;
                    int y = (cell / period + dy) % period;
                    double p = pattern[y * period + x];
                    sum += count[cell] * p;
                    squares += count[cell] * p * p;
                    product += tones[cell] * p;
                }
                double variance = squares / n - sum / n * (sum / n);
                double covariance = product / n - sum / n * mean;
                if (variance > 1e-3) {
                    greatest = Math.max(greatest, covariance / Math.sqrt(variance));
                }
            }
        }
        return greatest;
    }

    /**
     * One period of the pattern in a soft form, its lowest harmonics; negative is the first tone.
     */
    private static double[] pattern(Texture texture) {
        int period = texture == Texture.DOTTED ? DOTS : STRIPES;
        double[] pattern = new double[period * period];
        for (int y = 0; y < period; y++) {
            for (int x = 0; x < period; x++) {
                double u = Math.cos(2 * Math.PI * x / period);
                double v = Math.cos(2 * Math.PI * y / period);
                pattern[y * period + x] =
                        switch (texture) {
                            case PLAIN -> 0;
                            case STRIPED -> v;
                            case CHECKERED -> u * v;
                            case DOTTED -> (1 + u) * (1 + v);
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
