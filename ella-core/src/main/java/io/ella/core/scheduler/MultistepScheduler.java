package io.ella.core.scheduler;

/** What DPM-Solver++ and UniPC are set up with. */
abstract sealed class MultistepScheduler implements Scheduler
        permits DpmSolverMultistepScheduler, UniPcMultistepScheduler {
    final Settings settings;
    final NoiseSchedule noise;
    final Spacing spacing;
    final Prediction prediction;
    final Limits limits;
    final int order;
    final boolean karras;
    final boolean endAtZero;
    final boolean lowerOrderFinal;

    MultistepScheduler(Settings settings) {
        this.settings = settings;
        settings.refuseFlags(
                "use_exponential_sigmas",
                "use_beta_sigmas",
                "use_flow_sigmas",
                "use_dynamic_shifting");
        noise = NoiseSchedule.rescalableFinite(settings, 0.0001, 0.02, "linear");
        spacing = new Spacing(settings, "linspace", noise);
        prediction =
                Prediction.of(
                        settings, Prediction.EPSILON, Prediction.V_PREDICTION, Prediction.SAMPLE);
        limits = Limits.thresholding(settings);
        order = settings.integer("solver_order", 2, 1, 3);
        karras = settings.flag("use_karras_sigmas", false);
        endAtZero = settings.endsAtZero();
        lowerOrderFinal = settings.flag("lower_order_final", true);
    }

    @Override
    public final SchedulerConfig config() {
        return settings.config();
    }
}
