package io.ella.core.scheduler;

/**
 * A sampling method with its settings. Immutable and thread-safe; made by {@link Schedulers}.
 *
 * @see Schedulers#fromConfig(SchedulerConfig)
 */
public sealed interface Scheduler
        permits DdimScheduler, LcmScheduler, MultistepScheduler, PndmScheduler, SigmaScheduler {

    /**
     * {@return the settings, naming this scheduler's class; keys that this class does not know are
     * kept, so that another scheduler can still be made from them}
     */
    SchedulerConfig config();

    /**
     * Lays out a run, as {@code set_timesteps} of diffusers does.
     *
     * @param steps the number of inference steps, from 1 to {@code num_train_timesteps}
     * @return the schedule; it has more model calls than steps where the method needs them
     * @throws io.ella.core.EllaException if the number of steps is out of range or does not go with
     *     the settings
     */
    Schedule schedule(int steps);
}
