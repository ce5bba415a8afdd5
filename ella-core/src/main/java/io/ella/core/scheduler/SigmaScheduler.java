package io.ella.core.scheduler;

/** What the Euler and Heun schedulers are set up with. */
abstract sealed class SigmaScheduler implements Scheduler
        permits EulerAncestralDiscreteScheduler, EulerDiscreteScheduler, HeunDiscreteScheduler {
    final Settings settings;
    final NoiseSchedule noise;
    final Spacing spacing;
    final Prediction prediction;

    SigmaScheduler(Settings settings, NoiseSchedule noise, Prediction prediction) {
        this.settings = settings;
        this.noise = noise;
        this.spacing = new Spacing(settings, "linspace", noise);
        this.prediction = prediction;
    }

    @Override
    public final SchedulerConfig config() {
        return settings.config();
    }
}
