package io.ella.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.ella.core.EllaException;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.conformance.ConformanceResources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every step of the conformance cases. */
class SchedulerConformanceTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ddim",
                "ddim-img2img",
                "ddim-v-trailing",
                "pndm",
                "euler",
                "euler-karras",
                "dpmpp-2m",
                "dpmpp-2m-few-steps",
                "dpmpp-2m-karras",
                "dpmpp-2m-v",
                "dpmpp-3m",
                "heun",
                "unipc",
                "unipc-img2img"
            })
    void equalsTheReferenceAtEveryStep(String name) {
        ConformanceCase given = ConformanceResources.get("scheduler-" + name);
        int start = given.args().integer("start", 0);

        SchedulerConfig config = SchedulerConfig.fromJson(given.config().toString());
        Schedule schedule = Schedulers.fromConfig(config).schedule(given.args().integer("steps"));
        double[] timesteps = schedule.timesteps();
        assertThat(timesteps).containsExactly(expected(given, "timesteps"), offset(1e-3));
        if (given.outputs().contains("sigmas")) {
            assertThat(schedule.sigmas()).containsExactly(expected(given, "sigmas"), offset(1e-5));
        }

        float[] sample = given.in("noise").floatArray();
        if (start > 0) {
            int index = StandInModel.noiseIndex(timesteps, start);
            sample = schedule.addNoise(given.in("clean").floatArray(), sample, index);
        } else {
            for (int i = 0; i < sample.length; i++) {
                sample[i] *= (float) schedule.initNoiseSigma();
            }
        }
        Sampler sampler = schedule.start(start, SchedulerConformanceTest::noNoise);
        for (int i = 0; start + i < timesteps.length; i++) {
            float[] input = sampler.scaleModelInput(sample);
            float[] output = StandInModel.answer(input, timesteps[start + i], i);
            sample = sampler.step(output, sample);
            assertThat(given.distance("sample." + i, sample)).as("step %d", i).isLessThan(1e-5);
        }
    }

    private static double[] expected(ConformanceCase given, String output) {
        return Floats.toDouble(given.tensors().tensor("out." + output).floatArray());
    }

    private static float[] noNoise(int n) {
        throw new EllaException("A deterministic scheduler drew " + n + " values.");
    }
}
