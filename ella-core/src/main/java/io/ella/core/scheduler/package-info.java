/**
 * The samplers that lead from noise to a latent, equal to those of diffusers.
 *
 * <p>Three layers, from immutable to per run:
 *
 * <ul>
 *   <li>a {@link io.ella.core.scheduler.Scheduler} is a method and its settings, made from a {@code
 *       scheduler_config.json} ({@link io.ella.core.scheduler.SchedulerConfig}) by {@link
 *       io.ella.core.scheduler.Schedulers};
 *   <li>a {@link io.ella.core.scheduler.Schedule} is what {@code set_timesteps(n)} computes: the
 *       timesteps and noise levels of a run;
 *   <li>a {@link io.ella.core.scheduler.Sampler} is one run along a schedule and holds its history.
 * </ul>
 *
 * <pre>{@code
 * Schedule schedule = Schedulers.DPMPP_2M.from(SchedulerConfig.STABLE_DIFFUSION_1_5).schedule(20);
 * Sampler sampler = schedule.start(0, generator::randn);
 * for (double t : schedule.timesteps()) {
 *     float[] output = model(sampler.scaleModelInput(sample), t);
 *     sample = sampler.step(output, sample);
 * }
 * }</pre>
 *
 * <p>Samples are host arrays of any layout: every formula is elementwise (dynamic thresholding
 * excepted, which takes an array for one image). The arithmetic is float32 in the order of the
 * reference, diffusers' {@code schedulers/scheduling_*.py}, because the reference's own rounding
 * shows in the results.
 */
@NullMarked
package io.ella.core.scheduler;

import org.jspecify.annotations.NullMarked;
