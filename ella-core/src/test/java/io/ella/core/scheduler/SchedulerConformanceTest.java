package io.ella.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.random.TestTensors;
import java.util.Map;
import java.util.Objects;
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
        String folder = "/conformance/cases/scheduler-" + name;
        JsonObject run = TestTensors.json(folder + "/case.json");
        Map<String, double[]> tensors = TestTensors.read(folder + "/tensors.safetensors");
        JsonObject args = run.getAsJsonObject("args");
        int start = args.has("start") ? args.get("start").getAsInt() : 0;

        SchedulerConfig config = SchedulerConfig.fromJson(run.get("config").toString());
        Schedule schedule = Schedulers.fromConfig(config).schedule(args.get("steps").getAsInt());
        double[] timesteps = schedule.timesteps();
        assertThat(timesteps).containsExactly(expected(tensors, "out.timesteps"), offset(1e-3));
        if (tensors.containsKey("out.sigmas")) {
            assertThat(schedule.sigmas())
                    .containsExactly(expected(tensors, "out.sigmas"), offset(1e-5));
        }

        float[] sample = floats(expected(tensors, "in.noise"));
        if (start > 0) {
            int index = StandInModel.noiseIndex(timesteps, start);
            sample = schedule.addNoise(floats(expected(tensors, "in.clean")), sample, index);
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
            assertThat(StandInModel.relativeError(sample, expected(tensors, "out.sample." + i)))
                    .as("step %d", i)
                    .isLessThan(1e-5);
        }
    }

    private static double[] expected(Map<String, double[]> tensors, String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static float[] noNoise(int n) {
        throw new EllaException("A deterministic scheduler drew " + n + " values.");
    }
}
