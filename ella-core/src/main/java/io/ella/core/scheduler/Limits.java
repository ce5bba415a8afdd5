package io.ella.core.scheduler;

import java.util.Arrays;

/**
 * Bounds on the predicted clean sample: {@code clip_sample}, and the dynamic thresholding of
 * Saharia et al. 2022, which takes precedence.
 */
final class Limits {
    private final boolean thresholding;
    private final float ratio;
    private final float maxValue;
    private final boolean clip;
    private final float range;

    private Limits(Settings settings, boolean canThreshold, boolean canClip, boolean clipAbsent) {
        thresholding = canThreshold && settings.flag("thresholding", false);
        ratio =
                (float)
                        (thresholding
                                ? settings.number("dynamic_thresholding_ratio", 0.995, 0, 1)
                                : 0);
        maxValue = (float) (thresholding ? settings.positive("sample_max_value", 1) : 1);
        clip = canClip && !thresholding && settings.flag("clip_sample", clipAbsent);
        range = (float) (clip ? settings.positive("clip_sample_range", 1) : 1);
    }

    static Limits thresholding(Settings settings) {
        return new Limits(settings, true, false, false);
    }

    static Limits clipping(Settings settings, boolean absent) {
        return new Limits(settings, false, true, absent);
    }

    static Limits both(Settings settings, boolean clipAbsent) {
        return new Limits(settings, true, true, clipAbsent);
    }

    /** Whether an infinite value comes out finite. */
    boolean clips() {
        return clip;
    }

    /** Returns a new array, or the same one if there are no limits. */
    float[] apply(float[] original) {
        if (!thresholding && !clip) {
            return original;
        }
        float bound = thresholding ? threshold(original) : range;
        float[] limited = new float[original.length];
        for (int i = 0; i < limited.length; i++) {
            float clamped = Math.min(Math.max(original[i], -bound), bound);
            limited[i] = thresholding ? clamped / bound : clamped;
        }
        return limited;
    }

    /** The quantile of the magnitudes, as torch.quantile interpolates it, within [1, max]. */
    private float threshold(float[] original) {
        float[] magnitudes = new float[original.length];
        for (int i = 0; i < magnitudes.length; i++) {
            magnitudes[i] = Math.abs(original[i]);
        }
        Arrays.sort(magnitudes);
        float rank = ratio * (magnitudes.length - 1);
        int below = (int) rank;
        float low = magnitudes[below];
        float high = magnitudes[Math.min(below + 1, magnitudes.length - 1)];
        float weight = rank - below;
        float quantile =
                weight < 0.5f ? low + weight * (high - low) : high - (high - low) * (1 - weight);
        return Math.min(Math.max(quantile, 1), maxValue);
    }
}
