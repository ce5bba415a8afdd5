package io.ella.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.WeightSource;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class FreshWeightsTest {
    private static final FreshWeights WEIGHTS = new FreshWeights(7, List.of("conv2.weight"));

    private static float[] values(WeightSource source, String name, long... shape) {
        List<Long> sizes = Arrays.stream(shape).boxed().toList();
        return source.tensor(new ParameterSpec(name, sizes)).floatArray();
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    private static double deviation(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares / values.length);
    }

    @Test
    void layersAreUniformWithinTheRootOfTheirFanIn() {
        float[] linear = values(WEIGHTS, "to_q.weight", 200, 100);
        float[] convolution = values(WEIGHTS, "conv1.weight", 64, 32, 3, 3);
        for (float weight : linear) {
            assertThat(weight).isBetween(-0.1f, 0.1f);
        }
        assertThat(mean(linear)).isCloseTo(0, within(0.002));
        assertThat(deviation(linear)).isCloseTo(0.1 / Math.sqrt(3), within(0.002));
        assertThat(deviation(convolution)).isCloseTo(1 / Math.sqrt(3 * 32 * 9.0), within(0.001));
    }

    @Test
    void tablesAndQueriesAreNormal() {
        float[] table = values(WEIGHTS, "token_embedding.weight", 300, 64);
        float[] queries = values(WEIGHTS, "connector.latents", 64, 256);
        assertThat(deviation(table)).isCloseTo(1, within(0.02));
        assertThat(deviation(queries)).isCloseTo(1, within(0.02));
        // Two in three within one deviation, not 58 % as of a uniform distribution.
        long within = 0;
        for (float value : table) {
            within += Math.abs(value) < 1 ? 1 : 0;
        }
        assertThat((double) within / table.length).isCloseTo(0.683, within(0.02));
    }

    @Test
    void attentionOfAConnectorChoosesFromTheStart() {
        float[] all = values(WEIGHTS, "attn.in_proj_weight", 300, 100);
        float[] compared = Arrays.copyOf(all, 200 * 100);
        float[] given = Arrays.copyOfRange(all, 200 * 100, all.length);
        assertThat(deviation(compared)).isCloseTo(0.3 / Math.sqrt(3), within(0.005));
        assertThat(deviation(given)).isCloseTo(0.1 / Math.sqrt(3), within(0.002));
    }

    @Test
    void normsBeginAsTheIdentityAndBiasesAndBranchesAtZero() {
        assertThat(values(WEIGHTS, "norm.weight", 5)).containsOnly(1);
        assertThat(values(WEIGHTS, "norm.bias", 5)).containsOnly(0);
        assertThat(values(WEIGHTS, "attn.in_proj_bias", 9)).containsOnly(0);
        assertThat(values(WEIGHTS, "resnets.0.conv2.weight", 4, 4, 3, 3)).containsOnly(0);
    }

    @Test
    void theSeedAndTheNameDecide() {
        float[] weight = values(WEIGHTS, "a.weight", 4, 4);
        assertThat(values(new FreshWeights(7, List.of()), "a.weight", 4, 4)).isEqualTo(weight);
        assertThat(values(WEIGHTS, "b.weight", 4, 4)).isNotEqualTo(weight);
        assertThat(values(new FreshWeights(8, List.of()), "a.weight", 4, 4)).isNotEqualTo(weight);
    }
}
