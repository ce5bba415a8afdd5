package io.ella.tsc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TscConfigTest {
    private static final TscConfig TINY = new TscConfig(Connector.ADALN, 32, 64, 64, 2, 4, 16, 32);

    private Path folder;
    private Path file;
    private Path json;

    @BeforeEach
    void copyCheckpoint(@TempDir Path temporary) {
        folder = temporary;
        file = TestFiles.copy("ella-tiny.safetensors", folder.resolve("ella-tiny.safetensors"));
        json = folder.resolve("ella-tiny.json");
    }

    private static TscConfig parse(String json) {
        return TscConfig.of(Config.parse(json, "a.json"));
    }

    @Test
    void absentSettingsAreThePublishedOnes() {
        assertThat(parse("{}")).isEqualTo(TscConfig.SD15_T5XL);
        assertThat(parse("{\"out_dim\": null, \"act_fn\": \"silu\"}"))
                .isEqualTo(TscConfig.SD15_T5XL);
        assertThat(parse("{\"connector\": \"resampler\", \"layers\": 1}").layers()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"connector\": \"qformer\"} | \"qformer\" is no connector; choose one of [mlp",
                "{\"layers\": 0} | \"layers\" is 0; it must be at least 1",
                "{\"heads\": 7} | a connector of width 768 cannot have 7 heads",
                "{\"time_channel\": 321} | \"time_channel\" is 321",
                "{\"width\": \"wide\"} | a.json: \"width\" is \"wide\", expected an integer",
                "{\"act_fn\": \"gelu\"} | a.json: \"act_fn\" is \"gelu\"",
                "{\"out_dim\": 512} | a.json: \"out_dim\" is 512, of which only 768 is supported",
            })
    void refusesWrongSettings(String json, String message) {
        assertThatThrownBy(() -> parse(json))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(message);
    }

    @Test
    void readsPublishedLayoutOffTheTensors() {
        TestFiles.copy("ella-tiny.json", json);
        assertThat(TscConfig.of(file)).isEqualTo(TINY);
        assertThat(TscConfig.of(folder)).isEqualTo(TINY);
    }

    @Test
    void assumesEightHeadsWithoutJson() {
        assertThat(TscConfig.of(file).heads()).isEqualTo(8);
    }

    @ParameterizedTest
    @EnumSource(Connector.class)
    void recognisesEachConnector(Connector connector) {
        TscConfig config = new TscConfig(connector, 6, 24, 16, 3, 8, 5, 12);
        Path written = TestFiles.checkpoint(config, folder.resolve("other.safetensors"));
        assertThat(TscConfig.of(written)).isEqualTo(config);
        TestFiles.write(
                folder.resolve("other.json"),
                "{\"connector\": \"" + connector + "\", \"heads\": 4, \"input_dim\": 12}");
        assertThat(TscConfig.of(written).heads()).isEqualTo(connector == Connector.MLP ? 0 : 4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"width\": 128} | \"width\" is 128, the tensors of ella-tiny.safetensors say 64",
                "{\"connector\": \"mlp\"} | \"connector\" is mlp, the tensors of ella-tiny.safetensors say adaln",
                "{\"layers\": 6} | \"layers\" is 6, the tensors of ella-tiny.safetensors say 2",
                "{\"num_latents\": 64} | \"num_latents\" is 64",
                "{\"input_dim\": 2048} | \"input_dim\" is 2048",
                "{\"time_channel\": 320} | \"time_channel\" is 320",
                "{\"time_embed_dim\": 768} | \"time_embed_dim\" is 768",
                "{\"heads\": 5} | width 64 cannot have 5 heads",
                "[] | ella-tiny.json is not a JSON object",
            })
    void refusesJsonThatContradictsTheTensors(String text, String message) {
        TestFiles.write(json, text);
        assertThatThrownBy(() -> TscConfig.of(file))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesWhatIsNoConnector() {
        StoredTensor tensor = StoredTensor.of("encoder.weight", new float[4], 2, 2);
        Path other = folder.resolve("other.safetensors");
        Safetensors.write(other, Map.of(), List.of(tensor));
        assertThatThrownBy(() -> TscConfig.of(other))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("other.safetensors")
                .hasMessageContaining("holds no \"connector.latents\", so it is no connector")
                .hasMessageContaining("encoder.weight");
        assertThatThrownBy(() -> TscConfig.of(folder))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("several")
                .hasMessageContaining("[ella-tiny.safetensors, other.safetensors]");
        assertThatThrownBy(() -> TscConfig.of(folder.resolve("absent.safetensors")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("absent.safetensors");
        assertThatThrownBy(() -> TscConfig.of(Path.of(""))).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> TscConfig.of(new HashWeights(1), 8))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("hash weights");
    }

    @Test
    void refusesModulationOfAnotherWidth() {
        List<StoredTensor> tensors =
                List.of(
                        StoredTensor.of("connector.latents", new float[8], 2, 4),
                        StoredTensor.of(
                                "connector.perceiver_blocks.0.ln_1.linear.weight",
                                new float[16],
                                16,
                                1));
        Path other = folder.resolve("other.safetensors");
        Safetensors.write(other, Map.of(), tensors);
        assertThatThrownBy(() -> TscConfig.of(other))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(
                        "has 16 rows; with queries of width 4 an adaln connector has 8");
    }
}
