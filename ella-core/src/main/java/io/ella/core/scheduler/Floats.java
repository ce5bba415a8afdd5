package io.ella.core.scheduler;

/** Float32 functions that round as torch's and numpy's do. */
final class Floats {
    private Floats() {}

    static float sqrt(float x) {
        return (float) Math.sqrt(x);
    }

    static float log(float x) {
        return (float) Math.log(x);
    }

    static float exp(float x) {
        return (float) Math.exp(x);
    }

    static float expm1(float x) {
        return (float) Math.expm1(x);
    }

    /** {@code torch.linspace} in float32: from both ends to the middle, fused multiply-add. */
    static float[] linspace(double from, double to, int n) {
        float start = (float) from;
        float end = (float) to;
        float step = (end - start) / (n - 1);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] =
                    i < n / 2
                            ? Math.fma(step, (float) i, start)
                            : Math.fma(-step, (float) (n - i - 1), end);
        }
        return values;
    }

    /** {@code np.linspace(0, stop, n)}; a single value is 0. */
    static double[] linspaceTo(double stop, int n) {
        double[] values = new double[n];
        for (int i = 1; i < n; i++) {
            values[i] = i == n - 1 ? stop : i * (stop / (n - 1));
        }
        return values;
    }

    static double[] reversed(double[] values) {
        double[] reversed = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            reversed[i] = values[values.length - 1 - i];
        }
        return reversed;
    }

    static double[] rounded(double[] values) {
        double[] rounded = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = Math.rint(values[i]);
        }
        return rounded;
    }

    static double[] toFloat32(double[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }

    static double[] toDouble(float[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = values[i];
        }
        return result;
    }
}
