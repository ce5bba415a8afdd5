package io.ella.train.scenes;

import java.util.Arrays;

/** A square picture in CIELAB, smoothed a little against noise. */
final class LabImage {
    final int size;
    private final Lab[] pixels;

    private LabImage(int size, Lab[] pixels) {
        this.size = size;
        this.pixels = pixels;
    }

    /**
     * Brings a picture to a size.
     *
     * @param chw {@code [3, edge, edge]}, sRGB in [0, 1]
     * @param edge pixels
     * @param size pixels of the result
     */
    static LabImage of(float[] chw, int edge, int size) {
        float[][] channels = new float[3][];
        for (int c = 0; c < 3; c++) {
            channels[c] = smooth(resize(chw, c * edge * edge, edge, size), size);
        }
        Lab[] pixels = new Lab[size * size];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = Lab.ofRgb(channels[0][i], channels[1][i], channels[2][i]);
        }
        return new LabImage(size, pixels);
    }

    Lab at(int index) {
        return pixels[index];
    }

    /** The mean of the area that a pixel covers; interpolated where that is less than one. */
    private static float[] resize(float[] chw, int offset, int edge, int size) {
        if (edge == size) {
            return Arrays.copyOfRange(chw, offset, offset + size * size);
        }
        float[] out = new float[size * size];
        double scale = (double) edge / size;
        int samples = (int) Math.ceil(scale);
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                double sum = 0;
                for (int j = 0; j < samples; j++) {
                    for (int i = 0; i < samples; i++) {
                        double sx = (x + (i + 0.5) / samples) * scale - 0.5;
                        double sy = (y + (j + 0.5) / samples) * scale - 0.5;
                        sum += bilinear(chw, offset, edge, sx, sy);
                    }
                }
                out[y * size + x] = (float) (sum / (samples * samples));
            }
        }
        return out;
    }

    private static double bilinear(float[] chw, int offset, int edge, double x, double y) {
        int x0 = (int) Math.floor(x);
        int y0 = (int) Math.floor(y);
        double fx = x - x0;
        double fy = y - y0;
        double upper =
                (1 - fx) * clamped(chw, offset, edge, x0, y0)
                        + fx * clamped(chw, offset, edge, x0 + 1, y0);
        double lower =
                (1 - fx) * clamped(chw, offset, edge, x0, y0 + 1)
                        + fx * clamped(chw, offset, edge, x0 + 1, y0 + 1);
        return (1 - fy) * upper + fy * lower;
    }

    /** Weights 1, 2, 1 in both directions. */
    private static float[] smooth(float[] plane, int size) {
        float[] out = new float[plane.length];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                float sum = 0;
                for (int dy = -1; dy <= 1; dy++) {
                    for (int dx = -1; dx <= 1; dx++) {
                        sum +=
                                (2 - Math.abs(dx))
                                        * (2 - Math.abs(dy))
                                        * clamped(plane, 0, size, x + dx, y + dy);
                    }
                }
                out[y * size + x] = sum / 16;
            }
        }
        return out;
    }

    private static float clamped(float[] plane, int offset, int size, int x, int y) {
        int cx = Math.min(size - 1, Math.max(0, x));
        int cy = Math.min(size - 1, Math.max(0, y));
        return plane[offset + cy * size + cx];
    }
}
