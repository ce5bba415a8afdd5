package io.ella.tsc;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.config.Config;
import io.ella.core.graph.Graph;
import io.ella.core.graph.ParameterSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectorModelTest {

    /** Table 6 of the paper, in millions. */
    @ParameterizedTest
    @CsvSource({
        "MLP, 0, 2.16, 2164224",
        "RESAMPLER, 1, 8.71, 8712192",
        "RESAMPLER, 6, 44.16, 44159232",
        "ADALN_ZERO, 6, 73.91, 73907712",
        "ADALN, 6, 66.82, 66820608"
    })
    void hasAsManyParametersAsThePaperSays(
            Connector connector, int layers, double millions, long exact) {
        TscConfig config = new TscConfig(connector, 320, 768, 768, layers, 8, 64, 2048);
        assertThat(config.parameterCount()).isEqualTo(exact);
        assertThat(Math.round(exact / 1e4)).isEqualTo(Math.round(millions * 100));
    }

    @Test
    void hasThePublishedParameters() {
        Config published = Config.parse(TestFiles.text("ella-sd15-tsc-keys.json"), "keys");
        Map<String, List<Long>> expected = new HashMap<>();
        for (String key : published.keys()) {
            expected.put(key, published.integers(key).stream().map(Integer::longValue).toList());
        }
        Map<String, List<Long>> declared = new HashMap<>();
        for (ParameterSpec spec : TscConfig.SD15_T5XL.graph().parameters()) {
            declared.put(spec.name(), spec.shape());
        }
        assertThat(declared).hasSize(93).isEqualTo(expected);
    }

    @Test
    void countsItsWork() {
        Graph graph = TscConfig.SD15_T5XL.graph();
        long one = graph.flops(Map.of("T", 1L, "B", 1L, "L", 128L));
        long many = graph.flops(Map.of("T", 25L, "B", 1L, "L", 128L));
        assertThat(one / 1e9).isBetween(6.0, 9.0);
        // What depends on the text alone is not repeated for each timestep.
        assertThat(many).isLessThan(25 * one);
    }
}
