package io.ella.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ella.core.random.TorchGenerator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Many settings, against values of diffusers; see the README of the resource. */
class SchedulerReferenceTest {
    private static final double TOLERANCE = 1e-5;

    static Stream<Arguments> cases() throws IOException {
        String resource = "/schedulers/cases.json";
        try (InputStream in = SchedulerReferenceTest.class.getResourceAsStream(resource)) {
            byte[] json = Objects.requireNonNull(in, resource).readAllBytes();
            JsonArray cases =
                    JsonParser.parseString(new String(json, StandardCharsets.UTF_8))
                            .getAsJsonObject()
                            .getAsJsonArray("cases");
            return StreamSupport.stream(cases.spliterator(), false)
                    .map(JsonElement::getAsJsonObject)
                    .map(run -> Arguments.of(title(run), run));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void equalsTheReference(String title, JsonObject run) {
        Schedule schedule = scheduler(run).schedule(run.get("steps").getAsInt());
        double[] timesteps = schedule.timesteps();
        assertThat(timesteps).containsExactly(doubles(run, "timesteps"), offset(1e-3));
        for (int i = 0; i < timesteps.length; i++) {
            double expected = doubles(run, "timesteps")[i];
            if (expected == Math.rint(expected)) {
                assertThat(timesteps[i]).isCloseTo(expected, within(1e-4));
            }
        }
        if (run.has("sigmas")) {
            double[] sigmas = doubles(run, "sigmas");
            assertThat(schedule.sigmas()).hasSameSizeAs(sigmas);
            for (int i = 0; i < sigmas.length; i++) {
                assertThat(schedule.sigmas()[i]).isCloseTo(sigmas[i], within(1e-6 * sigmas[0]));
            }
        } else {
            assertThat(schedule.sigmas()).isEmpty();
        }
        double init = run.get("init").getAsDouble();
        assertThat(schedule.initNoiseSigma()).isCloseTo(init, within(1e-6 * init));

        int start = run.get("start").getAsInt();
        float[] sample = pattern(1);
        if (start > 0) {
            int index = StandInModel.noiseIndex(timesteps, start);
            sample = schedule.addNoise(pattern(2), sample, index);
        } else {
            for (int i = 0; i < sample.length; i++) {
                sample[i] *= (float) schedule.initNoiseSigma();
            }
        }
        TorchGenerator generator = new TorchGenerator(run.get("seed").getAsLong());
        Sampler sampler = schedule.start(start, generator::randn);
        for (int i = 0; start + i < timesteps.length; i++) {
            assertThat(sampler.index()).isEqualTo(start + i);
            float[] input = sampler.scaleModelInput(sample);
            float[] output = StandInModel.answer(input, timesteps[start + i], i);
            sample = sampler.step(output, sample);
            if (i == 0) {
                assertClose(run, "first", sample);
                if (run.has("original")) {
                    assertClose(run, "original", sampler.predictedOriginal());
                }
            }
        }
        assertClose(run, "last", sample);
        assertThat(sampler.index()).isEqualTo(timesteps.length);
    }

    private static Scheduler scheduler(JsonObject run) {
        SchedulerConfig config = SchedulerConfig.fromJson(run.get("config").toString());
        return run.has("as")
                ? Schedulers.named(run.get("as").getAsString()).from(config)
                : Schedulers.fromConfig(config);
    }

    private static String title(JsonObject run) {
        String as = run.has("as") ? run.get("as").getAsString() + " from " : "";
        return as + run.get("config") + ", " + run.get("steps") + " from " + run.get("start");
    }

    private static float[] pattern(int seed) {
        float[] values = new float[24];
        for (int i = 0; i < values.length; i++) {
            values[i] = ((i * 37 + seed * 11) % 101 - 50) / 25f;
        }
        return values;
    }

    private static double[] doubles(JsonObject run, String key) {
        JsonArray array = run.getAsJsonArray(key);
        double[] values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).getAsDouble();
        }
        return values;
    }

    private static void assertClose(JsonObject run, String key, float[] actual) {
        assertThat(StandInModel.relativeError(actual, doubles(run, key)))
                .as(key)
                .isLessThan(TOLERANCE);
    }
}
