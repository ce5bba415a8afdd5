package io.ella.encoders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.conformance.ConformanceResources;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

    /** Versions of transformers differ in it. */
    @Test
    void parametersWithAndWithoutTheirPrefix(@TempDir Path folder) throws IOException {
        ClipTextConfig config = ClipTextConfig.from(TINY);
        long[][] ids = {{38, 4, 5, 39}};
        float[] expected;
        try (ClipTextEncoder encoder = tiny(config);
                ClipOutput output = encoder.encode(ids)) {
            expected = output.hidden().floats();
        }
        Files.writeString(folder.resolve("config.json"), TINY.toString());
        for (String prefix : List.of("", "text_model.")) {
            List<StoredTensor> tensors = new ArrayList<>();
            for (ParameterSpec p : new ClipTextModel(config).graph().parameters()) {
                tensors.add(new HashWeights(3).tensor(p).renamed(prefix + p.name()));
            }
            tensors.add(
                    StoredTensor.of(prefix + "embeddings.position_ids", new long[] {0, 1}, 1, 2));
            tensors.add(StoredTensor.of("logit_scale", new float[1]));
            tensors.add(StoredTensor.of("vision_model.x", new float[2], 2));
            Safetensors.write(folder.resolve("model.safetensors"), Map.of(), tensors);
            try (ClipTextEncoder encoder = ClipTextEncoder.open(folder, torch, Precision.AUTO);
                    ClipOutput output = encoder.encode(ids)) {
                float[] hidden = output.hidden().floats();
                assertThat(ConformanceCase.relativeL2(prefix, hidden, expected)).isLessThan(1e-6);
                assertThat(output.projected()).isEmpty();
            }
            tensors.remove(0);
            Safetensors.write(folder.resolve("model.safetensors"), Map.of(), tensors);
            assertThatThrownBy(() -> ClipTextEncoder.open(folder, torch, Precision.AUTO))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("missing");
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
