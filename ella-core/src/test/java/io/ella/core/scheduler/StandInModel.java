package io.ella.core.scheduler;

/** The model of the reference cases: sin(3 x̂ + t/400) / (1 + i/10). */
final class StandInModel {
    private StandInModel() {}

    /** {@return the answer at call {@code i}, counted from the start of the run} */
    static float[] answer(float[] input, double timestep, int i) {
        float shift = (float) (timestep / 400);
        float divisor = (float) (1 + i / 10.0);
        float[] output = new float[input.length];
        for (int k = 0; k < output.length; k++) {
            output[k] = (float) Math.sin(3 * input[k] + shift) / divisor;
        }
        return output;
    }

    /**
     * {@return the model call whose noise level add_noise of the reference takes for a timestep: of
     * several at that timestep, the second}
     */
    static int noiseIndex(double[] timesteps, int start) {
        int first = -1;
        for (int i = 0; i < timesteps.length; i++) {
            if (timesteps[i] == timesteps[start]) {
                if (first >= 0) {
                    return i;
                }
                first = i;
            }
        }
        return first;
    }

    /** {@return ‖actual − expected‖ / ‖expected‖} */
    static double relativeError(float[] actual, double[] expected) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(actual[i] - expected[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / norm);
    }
}
