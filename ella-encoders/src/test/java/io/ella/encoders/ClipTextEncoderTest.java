package io.ella.encoders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.conformance.ConformanceResources;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.HashWeights;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CLIP against transformers, and what it refuses. */
class ClipTextEncoderTest {
    private static Torch torch;

    @BeforeAll
    static void open() {
        torch = Torch.open(Device.CPU);
    }

    @AfterAll
    static void close() {
        assertThat(torch.liveTensors()).isZero();
        torch.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"clip-tiny", "clip-tiny-projection"})
    void smallModels(String name) {
        verify(ConformanceResources.get(name));
    }

    @Tag("full")
    @Test
    void clipL() {
        verify(ConformanceResources.get("clip-l"));
    }

    private static void verify(ConformanceCase given) {
        try (ClipTextEncoder encoder = load(given);
                ClipOutput output = encoder.encode(Cases.rows(given.in("ids")))) {
            Tensor summary = output.projected().orElse(output.pooled());
            String summaryName = output.projected().isPresent() ? "projected" : "pooled";
            Map<String, Tensor> found =
                    Map.of(
                            "hidden",
                            output.hidden(),
                            "penultimate",
                            output.penultimate(),
                            summaryName,
                            summary);
            assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(given.outputs());
            found.forEach(
                    (name, tensor) -> {
                        System.out.printf(
                                "%s %s %.1e%n",
                                given.name(), name, given.distance(name, tensor.floats()));
                        assertThat(given.distance(name, tensor.floats()))
                                .as(name)
                                .isLessThanOrEqualTo(given.tolerance());
                    });
        }
    }

    private static ClipTextEncoder load(ConformanceCase given) {
        ClipTextConfig config = ClipTextConfig.from(given.config());
        if (given.args().bool("projection", false)) {
            config = config.withProjection(given.config().integer("projection_dim"));
        }
        return ClipTextEncoder.load(torch, config, given.weights(), Precision.FP32);
    }

    private static final Config TINY =
            Config.parse(
                    """
                    {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 32,
                     "num_hidden_layers": 2, "num_attention_heads": 2, "eos_token_id": 39}
                    """,
                    "tiny");

    private static ClipTextEncoder tiny(ClipTextConfig config) {
        return ClipTextEncoder.load(torch, config, new HashWeights(3), Precision.FP32);
    }

    /** Old files have the end token 2 where the tokenizer has the last id. */
    @Test
    void poolsAtTheFirstEndTokenAlsoInOldFiles() {
        long[][] ids = {{38, 4, 5, 39, 39, 39}, {38, 39, 39, 39, 39, 39}};
        Config old = Config.parse(TINY.toString().replace("39", "2"), "old");
        for (Config config : new Config[] {TINY, old}) {
            try (ClipTextEncoder encoder = tiny(ClipTextConfig.from(config));
                    ClipOutput output = encoder.encode(ids)) {
                float[] hidden = output.hidden().floats();
                float[] pooled = output.pooled().floats();
                assertThat(output.pooled().shape()).containsExactly(2, 16);
                assertThat(Arrays.copyOfRange(pooled, 0, 16))
                        .containsExactly(Arrays.copyOfRange(hidden, 3 * 16, 4 * 16));
                assertThat(Arrays.copyOfRange(pooled, 16, 32))
                        .containsExactly(Arrays.copyOfRange(hidden, 7 * 16, 8 * 16));
            }
        }
    }

    @Test
    void refusesWhatItCannotEncode() {
        try (ClipTextEncoder encoder = tiny(ClipTextConfig.from(TINY))) {
            refused(encoder, new long[][] {}, "no token");
            refused(encoder, new long[][] {{38, 40, 39}}, "prompt 0 has the id 40");
            refused(encoder, new long[][] {{38, -1, 39}}, "prompt 0 has the id -1");
            refused(encoder, new long[][] {{38, 39}, {39}}, "prompt 1 has 1 ids");
            refused(encoder, new long[][] {{38, 1}}, "no end token (39)");
            refused(encoder, new long[][] {new long[78]}, "78 tokens", "at most 77");
        }
        ClipTextEncoder closed = tiny(ClipTextConfig.from(TINY));
        closed.close();
        refused(closed, new long[][] {{38, 39}}, "closed");
    }

    private static void refused(ClipTextEncoder encoder, long[][] ids, String... words) {
        assertThatThrownBy(() -> encoder.encode(ids).close())
                .isInstanceOf(EllaException.class)
                .hasMessageContainingAll(words);
    }
}
