package io.ella.core.scheduler;

import java.util.Locale;

/** What the model predicts ({@code prediction_type}). */
enum Prediction {
    EPSILON,
    V_PREDICTION,
    SAMPLE;

    static Prediction of(Settings settings, Prediction... allowed) {
        String[] names = new String[allowed.length];
        for (int i = 0; i < allowed.length; i++) {
            names[i] = allowed[i].name().toLowerCase(Locale.ROOT);
        }
        String name = settings.choice("prediction_type", "epsilon", names);
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** The clean sample x₀ where x = α·x₀ + σ·ε. */
    float[] original(float[] output, float[] x, float alpha, float sigma) {
        if (this == SAMPLE) {
            return output;
        }
        float[] original = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            original[i] =
                    this == EPSILON
                            ? (x[i] - sigma * output[i]) / alpha
                            : alpha * x[i] - sigma * output[i];
        }
        return original;
    }

    /** The noise ε where x = α·x₀ + σ·ε. */
    float[] noise(float[] output, float[] x, float alpha, float sigma) {
        if (this == EPSILON) {
            return output;
        }
        float[] noise = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            noise[i] =
                    this == SAMPLE
                            ? (x[i] - alpha * output[i]) / sigma
                            : alpha * output[i] + sigma * x[i];
        }
        return noise;
    }

    /** The clean sample x₀ where x = x₀ + σ·ε, the scale in which Euler and Heun work. */
    float[] originalUnscaled(float[] output, float[] x, float sigma) {
        if (this == SAMPLE) {
            return output;
        }
        float square = sigma * sigma + 1;
        float velocity = -sigma / Floats.sqrt(square);
        float[] original = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            original[i] =
                    this == EPSILON
                            ? x[i] - sigma * output[i]
                            : output[i] * velocity + x[i] / square;
        }
        return original;
    }
}
