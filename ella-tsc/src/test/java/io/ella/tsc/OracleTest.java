package io.ella.tsc;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.HashWeights;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each connector, in sizes drawn at random, against the 64-bit implementation. */
class OracleTest {
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

    static Stream<Arguments> sizes() {
        return Arrays.stream(Connector.values())
                .flatMap(
                        connector ->
                                IntStream.range(0, 5)
                                        .mapToObj(seed -> Arguments.of(connector, seed)));
    }

    private static TscConfig config(Connector connector, Random random) {
        int heads = 1 + random.nextInt(5);
        return new TscConfig(
                connector,
                2 * (1 + random.nextInt(40)),
                8 + random.nextInt(60),
                heads * (4 + random.nextInt(12)),
                1 + random.nextInt(4),
                heads,
                1 + random.nextInt(20),
                8 + random.nextInt(70));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void agrees(Connector connector, int seed) {
        Random random = new Random(seed);
        TscConfig config = config(connector, random);
        int batch = 1 + random.nextInt(2);
        int tokens = 1 + random.nextInt(20);
        double[] timesteps = {random.nextInt(1000), 1000 * random.nextFloat()};
        HashWeights weights = new HashWeights(seed);
        Nd4jOracle oracle = new Nd4jOracle(config, weights);
        long[] shape = {batch, tokens, config.inputDim()};
        float[] text = HashWeights.uniform("text", shape, seed);
        try (TimestepAwareSemanticConnector tsc =
                        TimestepAwareSemanticConnector.load(
                                torch, config, weights, Precision.FP32);
                Tensor features = torch.tensor(text, shape);
                Queries queries = tsc.queries(seed, features, timesteps)) {
            for (double t : timesteps) {
                float[] found = queries.at(t).floats();
                int size = found.length / batch;
                for (int row = 0; row < batch; row++) {
                    int length = text.length / batch;
                    float[] one = Arrays.copyOfRange(text, row * length, (row + 1) * length);
                    double distance =
                            TestFiles.distance(
                                    Arrays.copyOfRange(found, row * size, (row + 1) * size),
                                    oracle.queries(one, tokens, t));
                    assertThat(distance).as("%s at %s", config, t).isLessThan(3e-6);
                }
            }
        }
    }
}
