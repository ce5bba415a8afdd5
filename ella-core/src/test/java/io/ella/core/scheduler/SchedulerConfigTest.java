package io.ella.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SchedulerConfigTest {
    private static final String JSON =
            """
            {
              "_class_name": "DPMSolverMultistepScheduler",
              "_diffusers_version": "0.35.0",
              "beta_start": 1e-4,
              "disable_corrector": [0, 2],
              "lambda_min_clipped": -Infinity,
              "num_train_timesteps": 1000,
              "of_the_future": {"a": [1.5, null]},
              "trained_betas": null,
              "use_karras_sigmas": true
            }
            """;

    @Test
    void valuesAreTyped() {
        Map<String, @Nullable Object> values = SchedulerConfig.fromJson(JSON).values();
        assertThat(values.get("num_train_timesteps")).isEqualTo(1000L);
        assertThat(values.get("beta_start")).isEqualTo(1e-4);
        assertThat(values.get("use_karras_sigmas")).isEqualTo(true);
        assertThat(values.get("lambda_min_clipped")).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(values.get("disable_corrector")).isEqualTo(List.of(0L, 2L));
        assertThat(values).containsEntry("trained_betas", null);
    }

    @Test
    void jsonRoundTripKeepsEveryKey() {
        SchedulerConfig config = SchedulerConfig.fromJson(JSON);
        assertThat(SchedulerConfig.fromJson(config.toJson())).isEqualTo(config);
        assertThat(config.toJson()).contains("-Infinity").contains("\"trained_betas\": null");
        assertThat(config.values().keySet()).containsSequence("_class_name", "_diffusers_version");
    }

    @Test
    void defaultsThatWereNeverGivenAreLeftToTheClass() {
        SchedulerConfig config =
                SchedulerConfig.fromJson(
                        """
                        {"_class_name": "DDIMScheduler", "clip_sample": true, "steps_offset": 1,
                         "_use_default_values": ["clip_sample"]}
                        """);
        assertThat(config.values()).containsOnlyKeys("_class_name", "steps_offset");
    }

    @Test
    void withLeavesTheOriginalAlone() {
        SchedulerConfig base = SchedulerConfig.STABLE_DIFFUSION_1_5;
        SchedulerConfig changed = base.with("steps_offset", 0).with("trained_betas", List.of(0.1f));
        assertThat(base.values().get("steps_offset")).isEqualTo(1L);
        assertThat(changed.values().get("steps_offset")).isEqualTo(0L);
        assertThatThrownBy(() -> changed.values().clear())
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void nullValuesCanBeGivenInAMap() {
        Map<String, @Nullable Object> values = new HashMap<>();
        values.put("_class_name", "DDIMScheduler");
        values.put("trained_betas", null);
        assertThat(Schedulers.fromConfig(new SchedulerConfig(values)).schedule(3).timesteps())
                .hasSize(3);
    }

    @Test
    void whatIsNotASchedulerConfigIsRefused() {
        for (String json : Arrays.asList("", "[]", "{\"a\": ", "null", "PNDM")) {
            assertThatThrownBy(() -> SchedulerConfig.fromJson(json).className())
                    .as(json)
                    .isInstanceOf(EllaException.class);
        }
        assertThatThrownBy(() -> SchedulerConfig.fromJson("{\"steps_offset\": 1}").className())
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("_class_name")
                .hasMessageContaining("steps_offset");
        assertThatThrownBy(() -> SchedulerConfig.STABLE_DIFFUSION_1_5.with("a", new Object()))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("\"a\"");
    }
}
