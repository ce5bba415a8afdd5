package io.ella.train.scenes;

/**
 * A colour in CIELAB (D65), where distance is about what the eye sees as difference.
 *
 * @param l lightness, 0 to 100
 * @param a from green to red
 * @param b from blue to yellow
 */
record Lab(double l, double a, double b) {
    /** Light by sRGB value: a power for every pixel would take most of the judge's time. */
    private static final double[] LINEAR = linear();

    /** From sRGB values in [0, 1]. */
    static Lab ofRgb(double red, double green, double blue) {
        double r = linear(red);
        double g = linear(green);
        double u = linear(blue);
        double x = root((0.4124564 * r + 0.3575761 * g + 0.1804375 * u) / 0.95047);
        double y = root(0.2126729 * r + 0.7151522 * g + 0.0721750 * u);
        double z = root((0.0193339 * r + 0.1191920 * g + 0.9503041 * u) / 1.08883);
        return new Lab(116 * y - 16, 500 * (x - y), 200 * (y - z));
    }

    /** From {@code 0xRRGGBB}. */
    static Lab of(int rgb) {
        return ofRgb((rgb >> 16 & 0xff) / 255.0, (rgb >> 8 & 0xff) / 255.0, (rgb & 0xff) / 255.0);
    }

    double distance(Lab other) {
        double dl = l - other.l;
        double da = a - other.a;
        double db = b - other.b;
        return Math.sqrt(dl * dl + da * da + db * db);
    }

    /** Where the nearest mixture of two tones is: 0 for the first, 1 for the second. */
    double between(Lab first, Lab second) {
        return Math.min(1, Math.max(0, along(first, second)));
    }

    /** The same, not limited to [0, 1]. */
    double along(Lab first, Lab second) {
        Lab axis = second.minus(first);
        return dot(minus(first), axis) / dot(axis, axis);
    }

    /** The distance from the nearest mixture of two tones. */
    double distance(Lab first, Lab second) {
        return distance(first.mix(second, between(first, second)));
    }

    Lab mix(Lab other, double share) {
        return new Lab(
                l + share * (other.l - l), a + share * (other.a - a), b + share * (other.b - b));
    }

    private Lab minus(Lab other) {
        return new Lab(l - other.l, a - other.a, b - other.b);
    }

    private static double dot(Lab p, Lab q) {
        return p.l * q.l + p.a * q.a + p.b * q.b;
    }

    private static double linear(double v) {
        return LINEAR[(int) Math.rint(Math.min(1, Math.max(0, v)) * (LINEAR.length - 1))];
    }

    private static double[] linear() {
        double[] linear = new double[1 << 14];
        for (int i = 0; i < linear.length; i++) {
            double c = (double) i / (linear.length - 1);
            linear[i] = c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
        }
        return linear;
    }

    private static double root(double v) {
        return v > 216.0 / 24389 ? Math.cbrt(v) : (24389.0 / 27 * v + 16) / 116;
    }
}
