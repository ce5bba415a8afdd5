package io.ella.core.scheduler;

import java.util.Arrays;

/**
 * Which training timesteps a run visits ({@code timestep_spacing}, {@code steps_offset}); table 2
 * of Lin et al. 2023. All results descend.
 *
 * <p>The {@code trailing} spacing of the reference has one timestep too many, −1, for 62 of the
 * numbers of steps up to 1000 (61, 103, 121, …), by an error of rounding; that one is left out
 * here.
 */
final class Spacing {
    private final Settings settings;
    private final String kind;
    private final int offset;
    private final int trainTimesteps;

    Spacing(Settings settings, String absent, NoiseSchedule noise) {
        this.settings = settings;
        this.trainTimesteps = noise.length();
        kind = settings.choice("timestep_spacing", absent, "linspace", "leading", "trailing");
        offset = settings.integer("steps_offset", 0, 0, trainTimesteps - 1);
    }

    boolean isLeading() {
        return kind.equals("leading");
    }

    /** DDIM, PNDM, Euler and Heun: from the first training timestep to the last. */
    double[] closed(int steps) {
        return switch (kind) {
            case "linspace" -> Floats.reversed(Floats.linspaceTo(trainTimesteps - 1, steps));
            case "leading" -> leading(steps, trainTimesteps / steps, 0);
            default -> trailing(steps, trainTimesteps);
        };
    }

    /** The multistep solvers: the last of n+1 points, the clean sample, needs no model call. */
    double[] open(int steps, int last) {
        return switch (kind) {
            case "linspace" -> {
                double[] points = Floats.reversed(Floats.linspaceTo(last - 1, steps + 1));
                yield Floats.rounded(Arrays.copyOf(points, steps));
            }
            case "leading" -> {
                int ratio = last / (steps + 1);
                if (ratio == 0) {
                    throw settings.bad(
                            "timestep_spacing",
                            "another spacing or fewer steps: "
                                    + steps
                                    + " steps have no room in "
                                    + last
                                    + " timesteps");
                }
                yield leading(steps, ratio, 1);
            }
            default -> trailing(steps, last);
        };
    }

    private double[] leading(int steps, int ratio, int first) {
        double[] timesteps = new double[steps];
        for (int i = 0; i < steps; i++) {
            timesteps[steps - 1 - i] = (double) (i + first) * ratio + offset;
        }
        return timesteps;
    }

    private double[] trailing(int steps, int last) {
        double ratio = (double) trainTimesteps / steps;
        double next = last - ratio;
        double delta = next - last; // as numpy.arange computes it
        int count = (int) Math.min(steps, Math.ceil(last / ratio));
        double[] timesteps = new double[count];
        for (int i = 0; i < count; i++) {
            timesteps[i] = Math.rint(last + i * delta) - 1;
        }
        return timesteps;
    }
}
