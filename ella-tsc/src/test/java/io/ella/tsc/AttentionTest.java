package io.ella.tsc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import io.ella.core.torch.Device;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.HashWeights;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the queries attend to, against the fused attention and the 64-bit implementation. */
class AttentionTest {
    private static final int SEED = 3;
    private static final int TOKENS = 9;
    private static final int QUERIES = 5;
    private static final int LAYERS = 3;
    private static final int KEYS = QUERIES + TOKENS;
    private static final double[] TIMESTEPS = {999, 500.5, 1};

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

    private static TscConfig config(Connector connector) {
        return new TscConfig(connector, 16, 24, 32, LAYERS, 4, QUERIES, 20);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "MLP")
    void weightsSumToOneAndLeadToTheSameQueries(Connector connector) {
        TscConfig config = config(connector);
        boolean timed = connector.isTimeAware();
        HashWeights source = new HashWeights(SEED);
        Nd4jOracle oracle = new Nd4jOracle(config, source);
        float[] text = HashWeights.uniform("text", new long[] {1, TOKENS, 20}, SEED);
        float[] times = new float[TIMESTEPS.length];
        for (int t = 0; t < times.length; t++) {
            times[t] = (float) TIMESTEPS[t];
        }
        try (Program program = torch.compile(config.attentionGraph(), Precision.FP32);
                Program fused = torch.compile(config.graph(), Precision.FP32);
                Weights weights = program.load(source);
                Tensor features = torch.tensor(text, 1, TOKENS, 20);
                Tensor timesteps = torch.tensor(times, times.length);
                Outputs found =
                        timed
                                ? program.run(weights, features, timesteps)
                                : program.run(weights, features);
                Outputs plain =
                        timed
                                ? fused.run(weights, features, timesteps)
                                : fused.run(weights, features)) {
            assertThat(found.get(0).floats()).hasSameSizeAs(plain.get(0).floats());
            double[] expected = TestFiles.doubles(plain.get(0).floats());
            assertThat(TestFiles.distance(found.get(0).floats(), expected)).isLessThan(1e-6);

            float[] attention = found.get(1).floats();
            int each = LAYERS * QUERIES * KEYS;
            assertThat(found.get(1).shape())
                    .endsWith(LAYERS, QUERIES, KEYS)
                    .startsWith(timed ? new long[] {TIMESTEPS.length, 1} : new long[] {1});
            for (int row = 0; row < attention.length; row += KEYS) {
                double sum = 0;
                for (int key = 0; key < KEYS; key++) {
                    assertThat(attention[row + key]).isPositive();
                    sum += attention[row + key];
                }
                assertThat(sum).isCloseTo(1, within(1e-5));
            }
            for (int t = 0; t < (timed ? TIMESTEPS.length : 1); t++) {
                oracle.queries(text, TOKENS, TIMESTEPS[t]);
                float[] one = Arrays.copyOfRange(attention, t * each, (t + 1) * each);
                assertThat(TestFiles.distance(one, oracle.attention())).isLessThan(3e-6);
            }
        }
    }

    @Test
    void whatDoesNotAttendIsRefused() {
        assertThatThrownBy(() -> config(Connector.MLP).attentionGraph())
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("mlp");
    }
}
