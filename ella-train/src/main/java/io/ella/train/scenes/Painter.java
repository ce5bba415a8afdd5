package io.ella.train.scenes;

/** Finds the colour and the texture of an object. */
final class Painter {
    /** A pixel's difference from a colour counts up to this. */
    private static final double MAX_DIFFERENCE = 40;

    /** Patterns with less amplitude, as a part of the difference of the tones, are none. */
    private static final double MIN_AMPLITUDE = 0.16;

    private static final int STRIPES = 12;
    private static final int DOTS = 10;

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
        for (Texture texture : Texture.values()) {
            double amplitude = amplitude(texture, tone, indices, image.size);
            if (amplitude > greatest) {
                greatest = amplitude;
                best = texture;
            }
        }
        return best;
    }

    /** The greatest standard deviation that the pattern explains. */
    private static double amplitude(Texture texture, double[] tone, int[] indices, int size) {
        int period = texture == Texture.DOTTED ? DOTS : STRIPES;
        int columns =
                switch (texture) {
                    case PLAIN -> 0;
                    case STRIPED -> 1;
                    case DOTTED -> period;
                    case CHECKERED -> period / 2; // half a period both ways is the same pattern
                };
        double greatest = 0;
        for (int dy = 0; dy < period; dy++) {
            for (int dx = 0; dx < columns; dx++) {
                double sum = 0;
                double squares = 0;
                double product = 0;
                double tones = 0;
                for (int i = 0; i < indices.length; i++) {
                    double p = pattern(texture, indices[i] % size + dx, indices[i] / size + dy);
                    sum += p;
                    squares += p * p;
                    product += p * tone[i];
                    tones += tone[i];
                }
                double n = indices.length;
                double variance = squares / n - sum / n * (sum / n);
                double covariance = product / n - sum / n * (tones / n);
                if (variance > 1e-3) {
                    greatest = Math.max(greatest, covariance / Math.sqrt(variance));
                }
            }
        }
        return greatest;
    }

    /** A soft form of the pattern: its lowest harmonics. */
    private static double pattern(Texture texture, int x, int y) {
        return switch (texture) {
            case PLAIN -> 0;
            case STRIPED -> Math.cos(2 * Math.PI * y / STRIPES);
            case CHECKERED ->
                    Math.cos(2 * Math.PI * x / STRIPES) * Math.cos(2 * Math.PI * y / STRIPES);
            case DOTTED -> {
                double u = 1 + Math.cos(2 * Math.PI * x / DOTS);
                double v = 1 + Math.cos(2 * Math.PI * y / DOTS);
                yield u * v / 4;
            }
        };
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
