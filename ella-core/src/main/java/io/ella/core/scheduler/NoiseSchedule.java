package io.ella.core.scheduler;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * How much signal is left at each training timestep: β and from it ᾱ, the cumulative product of
 * 1−β, in float32 as the reference has it.
 */
final class NoiseSchedule {
    private static final String[] KINDS = {"linear", "scaled_linear", "squaredcos_cap_v2"};
    private static final String[] KINDS_OF_HEUN = {
        "linear", "scaled_linear", "squaredcos_cap_v2", "exp"
    };

    private final float[] alphasCumprod;

    private NoiseSchedule(float[] alphasCumprod) {
        this.alphasCumprod = alphasCumprod;
    }

    /** Reads the β settings; the defaults of the first three differ between classes. */
    static NoiseSchedule of(Settings settings, double start, double end, String schedule) {
        return new NoiseSchedule(cumulate(betas(settings, start, end, schedule, KINDS)));
    }

    /** The same for Heun, which knows one more schedule and has defaults of its own. */
    static NoiseSchedule ofHeun(Settings settings) {
        float[] betas = betas(settings, 0.00085, 0.012, "linear", KINDS_OF_HEUN);
        return new NoiseSchedule(cumulate(betas));
    }

    /** The same, for classes that know {@code rescale_betas_zero_snr}. */
    static NoiseSchedule rescalable(Settings settings, double start, double end, String schedule) {
        float[] betas = betas(settings, start, end, schedule, KINDS);
        if (settings.flag("rescale_betas_zero_snr", false)) {
            betas = rescaleZeroTerminalSnr(betas);
        }
        return new NoiseSchedule(cumulate(betas));
    }

    /** The same, where an infinite first noise level must be avoided. */
    static NoiseSchedule rescalableFinite(
            Settings settings, double start, double end, String schedule) {
        NoiseSchedule noise = rescalable(settings, start, end, schedule);
        if (settings.flag("rescale_betas_zero_snr", false)) {
            noise.alphasCumprod[noise.length() - 1] = 0x1p-24f;
        }
        return noise;
    }

    int length() {
        return alphasCumprod.length;
    }

    float alphaCumprod(int timestep) {
        return alphasCumprod[timestep];
    }

    /** σ = √((1−ᾱ)/ᾱ) at a training timestep. */
    float sigma(int timestep) {
        float alpha = alphasCumprod[timestep];
        return Floats.sqrt((1 - alpha) / alpha);
    }

    float[] sigmas() {
        float[] sigmas = new float[length()];
        for (int t = 0; t < sigmas.length; t++) {
            sigmas[t] = sigma(t);
        }
        return sigmas;
    }

    private static float[] betas(
            Settings settings, double start, double end, String schedule, String[] kinds) {
        int n = settings.integer("num_train_timesteps", 1000, 2, 1_000_000);
        List<Double> trained = settings.numbers("trained_betas");
        if (trained != null) {
            return trained(settings, trained, n);
        }
        double first = settings.number("beta_start", start, Double.MIN_NORMAL, 1);
        double last = settings.number("beta_end", end, Double.MIN_NORMAL, 1);
        String kind = settings.choice("beta_schedule", schedule, kinds);
        return switch (kind) {
            case "linear" -> Floats.linspace(first, last, n);
            case "scaled_linear" -> {
                float[] betas = Floats.linspace(Math.sqrt(first), Math.sqrt(last), n);
                for (int i = 0; i < n; i++) {
                    betas[i] *= betas[i];
                }
                yield betas;
            }
            case "exp" -> forAlphaBar(n, t -> Math.exp(t * -12));
            default -> forAlphaBar(n, NoiseSchedule::cosine);
        };
    }

    private static float[] trained(Settings settings, List<Double> trained, int n) {
        if (trained.size() != n) {
            throw settings.bad("trained_betas", "num_train_timesteps = " + n + " values");
        }
        float[] betas = new float[n];
        for (int i = 0; i < n; i++) {
            double beta = trained.get(i);
            if (!(beta >= 0 && beta <= 1)) {
                throw settings.bad("trained_betas", "values from 0 to 1 (one is " + beta + ")");
            }
            betas[i] = (float) beta;
        }
        return betas;
    }

    private static double cosine(double t) {
        double c = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
        return c * c;
    }

    private static float[] forAlphaBar(int n, DoubleUnaryOperator alphaBar) {
        float[] betas = new float[n];
        for (int i = 0; i < n; i++) {
            double from = alphaBar.applyAsDouble((double) i / n);
            double to = alphaBar.applyAsDouble((double) (i + 1) / n);
            betas[i] = (float) Math.min(1 - to / from, 0.999);
        }
        return betas;
    }

    private static float[] cumulate(float[] betas) {
        float[] cumprod = new float[betas.length];
        double product = 1; // torch.cumprod accumulates float32 in double
        for (int i = 0; i < betas.length; i++) {
            product *= 1 - betas[i];
            cumprod[i] = (float) product;
        }
        return cumprod;
    }

    /** Algorithm 1 of Lin et al. 2023, "Common diffusion noise schedules … are flawed". */
    private static float[] rescaleZeroTerminalSnr(float[] betas) {
        int n = betas.length;
        float[] bar = cumulate(betas);
        for (int i = 0; i < n; i++) {
            bar[i] = Floats.sqrt(bar[i]);
        }
        float first = bar[0];
        float last = bar[n - 1];
        float scale = first / (first - last);
        for (int i = 0; i < n; i++) {
            float root = (bar[i] - last) * scale;
            bar[i] = root * root;
        }
        float[] rescaled = new float[n];
        for (int i = 0; i < n; i++) {
            rescaled[i] = 1 - (i == 0 ? bar[0] : bar[i] / bar[i - 1]);
        }
        return rescaled;
    }
}
