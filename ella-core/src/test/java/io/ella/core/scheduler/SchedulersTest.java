package io.ella.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import io.ella.core.random.TorchGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SchedulersTest {
    private static final SchedulerConfig BASE = SchedulerConfig.STABLE_DIFFUSION_1_5;
    private static final Noise NONE = n -> new float[n];

    @Test
    void namesAreThoseOfTheCommandLine() {
        assertThat(Arrays.stream(Schedulers.values()).map(Schedulers::label))
                .containsExactly(
                        "ddim",
                        "pndm",
                        "euler",
                        "euler-a",
                        "heun",
                        "dpmpp-2m",
                        "dpmpp-2m-karras",
                        "dpmpp-2m-sde",
                        "dpmpp-2m-ays",
                        "dpmpp-2m-ays-xl",
                        "dpmpp-3m",
                        "unipc",
                        "lcm");
        for (Schedulers scheduler : Schedulers.values()) {
            assertThat(Schedulers.named(scheduler.label())).isEqualTo(scheduler);
        }
    }

    /** Against diffusers, given its AysSchedules: ten steps of a model that is linear. */
    @Test
    void alignedStepsAreThePublishedOnes() {
        Schedule sd = Schedulers.DPMPP_2M_AYS.from(BASE).schedule(10);
        assertThat(sd.timesteps()).containsExactly(999, 850, 736, 645, 545, 455, 343, 233, 124, 24);
        assertThat(last(sd)).containsExactly(new float[] {5.41435f, -14.0529f}, within(2e-5f));
        Schedule xl = Schedulers.DPMPP_2M_AYS_XL.from(BASE).schedule(10);
        assertThat(xl.timesteps()).containsExactly(999, 845, 730, 587, 443, 310, 193, 116, 53, 13);
        assertThat(last(xl)).containsExactly(new float[] {5.43743f, -13.93632f}, within(2e-5f));
    }

    @Test
    void aConfigurationMayAskForNoiseButANameSaysWhichItIs() {
        SchedulerConfig asks = BASE.with("algorithm_type", "sde-dpmsolver++");
        float[] ode = sampled(Schedulers.DPMPP_2M.from(BASE).schedule(6), 0);
        float[] sde = sampled(Schedulers.DPMPP_2M_SDE.from(BASE).schedule(6), 0);
        assertThat(sde).isNotEqualTo(ode);
        assertThat(sampled(Schedulers.dpmSolver(asks).schedule(6), 0)).isEqualTo(sde);
        assertThat(sampled(Schedulers.dpmSolver(BASE).schedule(6), 0)).isEqualTo(ode);
        assertThat(sampled(Schedulers.DPMPP_2M.from(asks).schedule(6), 0)).isEqualTo(ode);
    }

    private static float[] last(Schedule schedule) {
        float sigma = (float) schedule.initNoiseSigma();
        float[] sample = {sigma, -0.5f * sigma};
        Sampler sampler = schedule.start(0, NONE);
        for (int i = 0; i < 10; i++) {
            float[] input = sampler.scaleModelInput(sample);
            float[] output = {0.3f * input[0] + 0.01f * i, -0.2f * input[1] + 0.02f};
            sample = sampler.step(output, sample);
        }
        return sample;
    }

    @Test
    void otherNumbersOfAlignedStepsLieBetween() {
        double[] ten = Schedulers.DPMPP_2M_AYS.from(BASE).schedule(10).timesteps();
        double[] five = Schedulers.DPMPP_2M_AYS.from(BASE).schedule(5).timesteps();
        double[] twenty = Schedulers.DPMPP_2M_AYS.from(BASE).schedule(20).timesteps();
        for (int i = 0; i < 10; i++) {
            assertThat(twenty[2 * i]).isEqualTo(ten[i]);
            assertThat(twenty[2 * i + 1]).isLessThan(ten[i]).isGreaterThan(i < 9 ? ten[i + 1] : 0);
        }
        for (int i = 0; i < 5; i++) {
            assertThat(five[i]).isEqualTo(ten[2 * i]);
        }
    }

    @Test
    void anUnknownNameListsTheNames() {
        assertThatThrownBy(() -> Schedulers.named("dpm++"))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("\"dpm++\"")
                .hasMessageContaining("dpmpp-2m-karras");
    }

    @Test
    void anUnknownClassListsTheClasses() {
        assertThatThrownBy(() -> Schedulers.fromConfig(BASE.withClassName("KDPM2Scheduler")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("KDPM2Scheduler")
                .hasMessageContaining("UniPCMultistepScheduler");
    }

    @ParameterizedTest
    @EnumSource
    void everySchedulerComesFromEveryOther(Schedulers from) {
        SchedulerConfig config = from.from(BASE).config();
        for (Schedulers to : Schedulers.values()) {
            Scheduler scheduler = to.from(config);
            assertThat(scheduler.config().values()).containsEntry("beta_end", 0.012);
            double[] timesteps = scheduler.schedule(4).timesteps();
            assertThat(timesteps[0]).as("%s from %s", to, from).isBetween(700.0, 999.0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSchedulerComesBackFromItsJson(Schedulers which) {
        Scheduler scheduler = which.from(BASE);
        Scheduler again =
                Schedulers.fromConfig(SchedulerConfig.fromJson(scheduler.config().toJson()));
        assertThat(again.config()).isEqualTo(scheduler.config());
        assertThat(sampled(again.schedule(6), 0)).isEqualTo(sampled(scheduler.schedule(6), 0));
    }

    @ParameterizedTest
    @EnumSource
    void runsOfOneScheduleAreIndependent(Schedulers which) {
        Schedule schedule = which.from(BASE).schedule(5);
        float[] alone = sampled(schedule, 0);
        Sampler abandoned = schedule.start(0, NONE);
        abandoned.step(new float[16], new float[16]);
        schedule.timesteps()[0] = -1;
        assertThat(sampled(schedule, 0)).isEqualTo(alone);
    }

    @ParameterizedTest
    @EnumSource
    void inputsAreNotModified(Schedulers which) {
        Sampler sampler = which.from(BASE).schedule(5).start(0, NONE);
        float[] sample = new TorchGenerator(1).randn(16);
        float[] output = new TorchGenerator(2).randn(16);
        float[] next = sampler.step(output, sample);
        sampler.scaleModelInput(next);
        sampler.step(new float[16], next.clone());
        assertThat(sample).isEqualTo(new TorchGenerator(1).randn(16));
        assertThat(output).isEqualTo(new TorchGenerator(2).randn(16));
    }

    @ParameterizedTest
    @EnumSource
    void anyNumberOfStepsStaysFinite(Schedulers which) {
        Scheduler scheduler = which.from(BASE);
        List<Integer> counts = new ArrayList<>(List.of(1, 2, 3, 7, 29));
        if (which != Schedulers.LCM) {
            counts.addAll(List.of(61, 150, 333));
        }
        for (int steps : counts) {
            Schedule schedule = scheduler.schedule(steps);
            for (int start = 0; start < schedule.timesteps().length; start += 1 + steps / 2) {
                for (float value : sampled(schedule, start)) {
                    assertThat(value).as("%s, %d steps", which, steps).isFinite();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void thePredictedOriginalOfAPerfectModelIsTheCleanSample(Schedulers which) {
        Schedule schedule = which.from(BASE).schedule(8);
        float[] clean = new TorchGenerator(5).randn(32);
        float[] noise = new TorchGenerator(6).randn(32);
        Sampler sampler = schedule.start(4, NONE);
        sampler.step(noise, schedule.addNoise(clean, noise, 4));
        float[] predicted = sampler.predictedOriginal();
        for (int i = 0; i < clean.length; i++) {
            assertThat(predicted[i]).isBetween(clean[i] - 1e-3f, clean[i] + 1e-3f);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "DPMSolverMultistepScheduler, sigma_min, heun",
        "DPMSolverMultistepScheduler, zero, heun",
        "UniPCMultistepScheduler, sigma_min, bh2",
        "UniPCMultistepScheduler, zero, bh2",
        "UniPCMultistepScheduler, zero, bh1"
    })
    void theLastStepStaysFiniteWhereTheReferenceDividesByZero(
            String className, String last, String solver) {
        SchedulerConfig config =
                BASE.withClassName(className)
                        .with("final_sigmas_type", last)
                        .with("solver_type", solver)
                        .with("lower_order_final", false)
                        .with("use_karras_sigmas", true);
        for (float value : sampled(Schedulers.fromConfig(config).schedule(20), 0)) {
            assertThat(value).isFinite();
        }
    }

    @Test
    void trailingSpacingHasAsManyTimestepsAsSteps() {
        // rounding gives the reference a 62nd timestep of -1 here
        SchedulerConfig trailing = BASE.with("timestep_spacing", "trailing");
        double[] timesteps = Schedulers.DDIM.from(trailing).schedule(61).timesteps();
        assertThat(timesteps).hasSize(61);
        assertThat(timesteps[60]).isEqualTo(15);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "DDIMScheduler; num_train_timesteps; 1",
                "DDIMScheduler; num_train_timesteps; 1000.5",
                "DDIMScheduler; num_train_timesteps; null",
                "DDIMScheduler; beta_start; \"small\"",
                "DDIMScheduler; beta_start; 0",
                "DDIMScheduler; beta_end; 1.5",
                "DDIMScheduler; beta_end; NaN",
                "DDIMScheduler; beta_schedule; \"sigmoid\"",
                "DDIMScheduler; trained_betas; [0.1, 0.2]",
                "DDIMScheduler; trained_betas; [\"a\"]",
                "DDIMScheduler; trained_betas; 0.1",
                "DDIMScheduler; clip_sample; 1",
                "DDIMScheduler; timestep_spacing; \"middle\"",
                "DDIMScheduler; prediction_type; \"flow_prediction\"",
                "DDIMScheduler; steps_offset; -1",
                "PNDMScheduler; prediction_type; \"sample\"",
                "EulerAncestralDiscreteScheduler; prediction_type; \"sample\"",
                "EulerDiscreteScheduler; use_exponential_sigmas; true",
                "EulerDiscreteScheduler; use_beta_sigmas; true",
                "EulerDiscreteScheduler; interpolation_type; \"cubic\"",
                "EulerDiscreteScheduler; final_sigmas_type; \"one\"",
                "HeunDiscreteScheduler; use_beta_sigmas; true",
                "DPMSolverMultistepScheduler; algorithm_type; \"dpmsolver\"",
                "DPMSolverMultistepScheduler; algorithm_type; \"sde-dpmsolver\"",
                "DPMSolverMultistepScheduler; solver_order; 4",
                "DPMSolverMultistepScheduler; solver_type; \"euler\"",
                "DPMSolverMultistepScheduler; use_lu_lambdas; true",
                "DPMSolverMultistepScheduler; use_flow_sigmas; true",
                "DPMSolverMultistepScheduler; use_dynamic_shifting; true",
                "DPMSolverMultistepScheduler; variance_type; \"learned\"",
                "UniPCMultistepScheduler; solver_order; 0",
                "UniPCMultistepScheduler; solver_p; {}",
                "UniPCMultistepScheduler; use_flow_sigmas; true",
                "UniPCMultistepScheduler; predict_x0; false",
                "UniPCMultistepScheduler; disable_corrector; true",
                "LCMScheduler; original_inference_steps; 2000"
            })
    void badAndUnsupportedValuesAreNamed(String className, String key, String value) {
        String json = "{\"_class_name\": \"%s\", \"%s\": %s}".formatted(className, key, value);
        SchedulerConfig config = SchedulerConfig.fromJson(json);
        assertThatThrownBy(() -> Schedulers.fromConfig(config))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(className)
                .hasMessageContaining("\"" + key + "\"");
    }

    @Test
    void settingsOfOtherClassesAreIgnored() {
        SchedulerConfig config = BASE.with("use_exponential_sigmas", true).with("solver_order", 9);
        assertThat(sampled(Schedulers.DDIM.from(config).schedule(3), 0))
                .isEqualTo(sampled(Schedulers.DDIM.from(BASE).schedule(3), 0));
    }

    @ParameterizedTest
    @EnumSource
    void stepsOutOfRangeAreRefused(Schedulers which) {
        Scheduler scheduler = which.from(BASE);
        for (int steps : new int[] {Integer.MIN_VALUE, -1, 0, 1001}) {
            assertThatThrownBy(() -> scheduler.schedule(steps))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining(steps + " steps");
        }
    }

    @Test
    void stepsThatDoNotGoWithTheSettingsAreRefused() {
        assertThatThrownBy(() -> Schedulers.DDIM.from(BASE).schedule(1000))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("steps_offset");
        assertThatThrownBy(() -> Schedulers.LCM.from(BASE).schedule(51))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("original_inference_steps");
        SchedulerConfig leading = BASE.with("_class_name", "DPMSolverMultistepScheduler");
        assertThatThrownBy(() -> Schedulers.DPMPP_2M.from(leading).schedule(1000))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("timestep_spacing");
        assertThatThrownBy(
                        () -> Schedulers.PNDM.from(BASE.with("skip_prk_steps", false)).schedule(3))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("skip_prk_steps");
        SchedulerConfig linspace = BASE.with("timestep_spacing", "linspace");
        assertThatThrownBy(() -> Schedulers.UNIPC.from(linspace).schedule(1000))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("fewer steps");
    }

    @Test
    void aSpacingThatIsOnlyTheDefaultOfTheOldClassDoesNotCarryOver() {
        SchedulerConfig published =
                SchedulerConfig.fromJson(
                        "{\"_class_name\": \"PNDMScheduler\", \"steps_offset\": 1}");
        SchedulerConfig savedAnew = BASE.with("timestep_spacing", "leading");
        SchedulerConfig chosen = BASE.with("timestep_spacing", "trailing");
        double[] linspace = {999, 749, 500, 250};
        assertThat(Schedulers.DPMPP_2M.from(published).schedule(4).timesteps())
                .containsExactly(linspace);
        assertThat(Schedulers.DPMPP_2M.from(savedAnew).schedule(4).timesteps())
                .containsExactly(linspace);
        assertThat(Schedulers.DPMPP_2M.from(chosen).schedule(4).timesteps())
                .containsExactly(999, 749, 499, 249);
    }

    @Test
    void noSignalToDivideByIsAnError() {
        SchedulerConfig config =
                BASE.with("rescale_betas_zero_snr", true).with("timestep_spacing", "trailing");
        assertThatThrownBy(() -> Schedulers.DDIM.from(config).schedule(5).start(0, NONE))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("prediction_type")
                .hasMessageContaining("999");
        SchedulerConfig velocity = config.with("prediction_type", "v_prediction");
        assertThat(sampled(Schedulers.DDIM.from(velocity).schedule(5), 0))
                .doesNotContain(Float.NaN);
    }

    @ParameterizedTest
    @EnumSource
    void misuseOfARunIsAnError(Schedulers which) {
        Schedule schedule = which.from(BASE).schedule(2);
        int calls = schedule.timesteps().length;
        assertThatThrownBy(() -> schedule.start(-1, NONE)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> schedule.start(calls, NONE)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> schedule.addNoise(new float[2], new float[2], calls))
                .isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> schedule.addNoise(new float[2], new float[3], 0))
                .isInstanceOf(EllaException.class);
        Sampler sampler = schedule.start(calls - 1, NONE);
        assertThatThrownBy(sampler::predictedOriginal).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> sampler.step(new float[4], new float[2]))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("4")
                .hasMessageContaining("2");
        sampler.step(new float[2], new float[2]);
        assertThatThrownBy(() -> sampler.step(new float[2], new float[2]))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("over");
        assertThatThrownBy(() -> sampler.scaleModelInput(new float[2]))
                .isInstanceOf(EllaException.class);
    }

    private static float[] sampled(Schedule schedule, int start) {
        double[] timesteps = schedule.timesteps();
        TorchGenerator generator = new TorchGenerator(3);
        float[] sample = generator.randn(16);
        for (int i = 0; i < sample.length; i++) {
            sample[i] *= (float) schedule.initNoiseSigma();
        }
        Sampler sampler = schedule.start(start, generator::randn);
        for (int i = start; i < timesteps.length; i++) {
            float[] input = sampler.scaleModelInput(sample);
            sample = sampler.step(StandInModel.answer(input, timesteps[i], i - start), sample);
        }
        return sample;
    }
}
