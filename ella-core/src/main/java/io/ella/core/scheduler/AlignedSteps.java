package io.ella.core.scheduler;

/**
 * Timesteps optimised for few steps: "Align Your Steps", Sabour et al. 2024 (arXiv 2404.14507,
 * section 4), which gives ten for each family of models, and has other numbers interpolated.
 *
 * <p>diffusers has no setting for it; there the same ten are given to {@code set_timesteps}.
 */
final class AlignedSteps {
    /** The setting that asks for it. */
    static final String KEY = "align_your_steps";

    static final String NONE = "none";
    static final String SD15 = "sd15";
    static final String SDXL = "sdxl";

    private static final double[] OF_SD15 = {999, 850, 736, 645, 545, 455, 343, 233, 124, 24};
    private static final double[] OF_SDXL = {999, 845, 730, 587, 443, 310, 193, 116, 53, 13};

    private AlignedSteps() {}

    /**
     * {@return noise levels, descending: the published ones with ten steps, else on the line
     * through their logarithms, which ends at the first training timestep}
     *
     * @param family whose
     * @param training the noise levels of training
     */
    static double[] sigmas(String family, float[] training, int steps) {
        double[] published = Sigmas.at(family.equals(SDXL) ? OF_SDXL : OF_SD15, training);
        int intervals = published.length;
        double[] sigmas = new double[steps];
        for (int i = 0; i < steps; i++) {
            double at = (double) i * intervals / steps;
            int low = (int) at;
            double next = low + 1 < intervals ? published[low + 1] : training[0];
            double part = at - low;
            sigmas[i] =
                    part == 0
                            ? published[low]
                            : Math.pow(published[low], 1 - part) * Math.pow(next, part);
        }
        return sigmas;
    }
}
