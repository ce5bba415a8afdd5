package io.ella.pipeline;

import io.ella.core.EllaException;

/**
 * At which timesteps guidance is applied (Kynkäänniemi et al. 2024, arXiv 2404.07724). Elsewhere
 * the negative prompt is left out, which halves the work of a step and changes the image.
 *
 * @param least the lowest timestep with guidance, from 0: the end of a run, almost without noise
 * @param most the highest one, at most 1000: its beginning
 */
public record GuidanceInterval(double least, double most) {
    private static final double LAST = 1000;

    /** Guidance at every timestep: exact. */
    public static final GuidanceInterval ALWAYS = new GuidanceInterval(0, LAST);

    /** Checks the values. */
    public GuidanceInterval {
        if (!(least >= 0 && least <= most && most <= LAST)) {
            throw new EllaException(
                    "the guidance interval is %s to %s, expected two timesteps of 0 to 1000, the lower first"
                            .formatted(least, most));
        }
    }

    boolean contains(double timestep) {
        return timestep >= least && timestep <= most;
    }
}
