package io.ella.train.connector;

import io.ella.core.image.Image;

/**
 * Resizes an image so that its shorter side fits a square, and takes the middle: with a Lanczos
 * filter of three lobes that widens when the image shrinks, as Pillow's {@code resize} does.
 */
final class Cropping {
    private static final double LOBES = 3;

    private Cropping() {}

    /**
     * {@return the square as floats, [3, size, size], in [-1, 1]}
     *
     * @param image any size
     * @param size of the square
     */
    static float[] square(Image image, int size) {
        int width = image.width();
        int height = image.height();
        double scale = (double) Math.min(width, height) / size;
        Filter columns = new Filter(width, (width - size * scale) / 2, scale, size);
        Filter rows = new Filter(height, (height - size * scale) / 2, scale, size);
        float[] pixels = image.toChw();
        float[] wide = new float[3 * height * size];
        for (int row = 0; row < 3 * height; row++) {
            columns.apply(pixels, row * width, 1, wide, row * size, 1);
        }
        float[] square = new float[3 * size * size];
        for (int c = 0; c < 3; c++) {
            for (int x = 0; x < size; x++) {
                rows.apply(wide, c * height * size + x, size, square, c * size * size + x, size);
            }
        }
        for (int i = 0; i < square.length; i++) {
            square[i] = Math.max(0, Math.min(1, square[i])) * 2 - 1;
        }
        return square;
    }

    /** Which samples of a line make each sample of the resized line, and how much of each. */
    private static final class Filter {
        private final int[] first;
        private final float[][] weights;

        /**
         * @param length of the line
         * @param offset where the part that is kept begins
         * @param scale how many samples make one
         * @param count how many are made
         */
        Filter(int length, double offset, double scale, int count) {
            first = new int[count];
            weights = new float[count][];
            double stretch = Math.max(1, scale);
            double support = LOBES * stretch;
            for (int i = 0; i < count; i++) {
                double centre = offset + (i + 0.5) * scale;
                int from = Math.max(0, (int) (centre - support + 0.5));
                int to = Math.min(length, (int) (centre + support + 0.5));
                float[] weight = new float[to - from];
                double sum = 0;
                for (int j = from; j < to; j++) {
                    sum += lanczos((j + 0.5 - centre) / stretch);
                }
                for (int j = from; j < to; j++) {
                    weight[j - from] = (float) (lanczos((j + 0.5 - centre) / stretch) / sum);
                }
                first[i] = from;
                weights[i] = weight;
            }
        }

        private static double lanczos(double x) {
            return Math.abs(x) < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
        }

        private static double sinc(double x) {
            return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
        }

        void apply(float[] in, int from, int step, float[] out, int to, int toStep) {
            for (int i = 0; i < first.length; i++) {
                float sum = 0;
                for (int j = 0; j < weights[i].length; j++) {
                    sum += weights[i][j] * in[from + (first[i] + j) * step];
                }
                out[to + i * toStep] = sum;
            }
        }
    }
}
