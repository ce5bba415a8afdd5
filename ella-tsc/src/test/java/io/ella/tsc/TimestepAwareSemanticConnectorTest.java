package io.ella.tsc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TimestepAwareSemanticConnectorTest {
    private static final TscConfig TINY = config(Connector.ADALN);
    private static final double[] SCHEDULE = {999, 749.5, 500, 500, 250.25, 1};

    private Torch torch;

    @BeforeEach
    void open() {
        torch = Torch.open(Device.CPU);
    }

    /** Whatever a test did, nothing may be left in native memory. */
    @AfterEach
    void close() {
        assertThat(torch.liveTensors()).isZero();
        torch.close();
    }

    private static TscConfig config(Connector connector) {
        return new TscConfig(connector, 32, 48, 64, 2, 4, 16, 32);
    }

    private TimestepAwareSemanticConnector load(TscConfig config, MemoryLimits limits) {
        return TimestepAwareSemanticConnector.load(
                torch, config, new HashWeights(3), Precision.AUTO, limits);
    }

    private TimestepAwareSemanticConnector load(TscConfig config) {
        return load(config, MemoryLimits.DEFAULT);
    }

    private Tensor text(String name, long... shape) {
        return torch.tensor(HashWeights.uniform(name, shape, 1), shape);
    }

    private static float[] queries(
            TimestepAwareSemanticConnector tsc, Object key, Tensor text, double timestep) {
        try (Queries queries = tsc.queries(key, text, timestep)) {
            return queries.at(timestep).floats();
        }
    }

    private static void assertSame(float[] found, float[] expected) {
        assertThat(TestFiles.distance(found, TestFiles.doubles(expected))).isLessThan(1e-5);
    }

    // ---- what it computes ----

    @ParameterizedTest
    @EnumSource(Connector.class)
    void scheduleEqualsSingleTimesteps(Connector connector) {
        try (TimestepAwareSemanticConnector tsc = load(config(connector));
                Tensor text = text("a", 1, 7, 32);
                Queries all = tsc.queries("a", text, SCHEDULE)) {
            for (double t : SCHEDULE) {
                assertThat(all.at(t).shape()).containsExactly(1, tsc.config().queries(7), 64);
                assertSame(queries(tsc, "alone " + t, text, t), all.at(t).floats());
            }
            assertThat(all.timesteps()).containsExactly(999., 749.5, 500., 250.25, 1.);
        }
    }

    @Test
    void timestepsMatterOnlyToTimeAwareConnectors() {
        for (Connector connector : Connector.values()) {
            try (TimestepAwareSemanticConnector tsc = load(config(connector));
                    Tensor text = text("a", 1, 7, 32);
                    Queries all = tsc.queries("a", text, 999, 998.5)) {
                float[] one = all.at(999).floats();
                float[] other = all.at(998.5).floats();
                assertThat(TestFiles.distance(one, TestFiles.doubles(other)) > 1e-4)
                        .isEqualTo(connector.isTimeAware());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Connector.class)
    void batchEqualsSingleRows(Connector connector) {
        try (TimestepAwareSemanticConnector tsc = load(config(connector));
                Tensor both = text("a", 2, 5, 32);
                Queries together = tsc.queries("both", both, 700, 3)) {
            float[] values = both.floats();
            for (int row = 0; row < 2; row++) {
                float[] part = Arrays.copyOfRange(values, row * 160, row * 160 + 160);
                try (Tensor text = torch.tensor(part, 1, 5, 32)) {
                    float[] all = together.at(3).floats();
                    int size = all.length / 2;
                    assertSame(
                            queries(tsc, row, text, 3),
                            Arrays.copyOfRange(all, row * size, row * size + size));
                }
            }
        }
    }

    @Test
    void severalCallsEqualOne() {
        long each = ConnectorModel.bytesPerTimestep(TINY, 1, 7, Float.BYTES);
        try (TimestepAwareSemanticConnector whole = load(TINY);
                TimestepAwareSemanticConnector pairs = load(TINY, new MemoryLimits(2 * each, 0));
                TimestepAwareSemanticConnector ones = load(TINY, new MemoryLimits(0, 0));
                Tensor text = text("a", 1, 7, 32);
                Queries a = whole.queries("a", text, SCHEDULE);
                Queries b = pairs.queries("a", text, SCHEDULE);
                Queries c = ones.queries("a", text, SCHEDULE)) {
            assertThat(whole.statistics().runs()).isEqualTo(1);
            assertThat(pairs.statistics().runs()).isEqualTo(3);
            assertThat(ones.statistics().runs()).isEqualTo(5);
            for (double t : SCHEDULE) {
                assertSame(b.at(t).floats(), a.at(t).floats());
                assertSame(c.at(t).floats(), a.at(t).floats());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BF16", "FP16"})
    void lowPrecisionIsClose(Precision precision) {
        try (TimestepAwareSemanticConnector exact = load(TINY);
                TimestepAwareSemanticConnector low =
                        TimestepAwareSemanticConnector.load(
                                torch, TINY, new HashWeights(3), precision);
                Tensor text = text("a", 1, 7, 32)) {
            assertThat(exact.precision()).isEqualTo(Precision.FP32);
            double[] expected = TestFiles.doubles(queries(exact, "a", text, 400));
            assertThat(TestFiles.distance(queries(low, "a", text, 400), expected))
                    .isBetween(1e-5, 0.05);
        }
    }

    @Test
    void loadsCheckpoints(@TempDir Path folder) {
        Path file = TestFiles.copy("ella-tiny.safetensors", folder.resolve("a.safetensors"));
        TestFiles.copy("ella-tiny.json", folder.resolve("a.json"));
        try (TimestepAwareSemanticConnector tsc =
                        TimestepAwareSemanticConnector.load(torch, folder, Precision.AUTO);
                TimestepAwareSemanticConnector same =
                        TimestepAwareSemanticConnector.load(torch, file, Precision.AUTO);
                Tensor text = text("a", 1, 7, 32)) {
            assertThat(tsc.config().heads()).isEqualTo(4);
            assertThat(tsc.parameterCount()).isEqualTo(tsc.config().parameterCount());
            assertThat(queries(tsc, "a", text, 1)).containsExactly(queries(same, "a", text, 1));
        }
    }

    // ---- what it remembers ----

    @Test
    void remembersExactTimesteps() {
        try (TimestepAwareSemanticConnector tsc = load(TINY);
                Tensor text = text("a", 1, 7, 32)) {
            tsc.queries("a", text, SCHEDULE).close();
            assertThat(tsc.statistics())
                    .isEqualTo(new CacheStatistics(1, 0, 5, 5, 5L * 16 * 64 * 4));
            tsc.queries("a", text, SCHEDULE).close();
            tsc.queries("a", text, 1, 999).close();
            assertThat(tsc.statistics().runs()).isEqualTo(1);
            assertThat(tsc.statistics().hits()).isEqualTo(7);
            tsc.queries("a", text, 999, Math.nextDown(999.0)).close();
            assertThat(tsc.statistics().runs()).isEqualTo(2);
            assertThat(tsc.statistics().misses()).isEqualTo(6);
        }
    }

    @Test
    void zeroHasOneSign() {
        try (TimestepAwareSemanticConnector tsc = load(TINY);
                Tensor text = text("a", 1, 7, 32);
                Queries queries = tsc.queries("a", text, 0.0, -0.0)) {
            assertThat(queries.timesteps()).containsExactly(0.0);
            assertThat(queries.at(-0.0).floats()).containsExactly(queries.at(0.0).floats());
        }
    }

    @Test
    void keepsPromptsAndLengthsApart() {
        try (TimestepAwareSemanticConnector tsc = load(TINY);
                Tensor text = text("a", 1, 7, 32);
                Tensor other = text("b", 1, 7, 32);
                Tensor longer = text("c", 1, 9, 32)) {
            float[] a = queries(tsc, "a", text, 5);
            float[] b = queries(tsc, "b", other, 5);
            float[] c = queries(tsc, "a", longer, 5);
            assertThat(tsc.statistics().runs()).isEqualTo(3);
            assertThat(TestFiles.distance(a, TestFiles.doubles(b))).isGreaterThan(1e-3);
            assertThat(TestFiles.distance(a, TestFiles.doubles(c))).isGreaterThan(1e-3);
            assertThat(queries(tsc, "a", text, 5)).containsExactly(a);
            assertThat(tsc.statistics().runs()).isEqualTo(3);
        }
    }

    @Test
    void computesOnceWithoutTime() {
        for (Connector connector : List.of(Connector.MLP, Connector.RESAMPLER)) {
            try (TimestepAwareSemanticConnector tsc = load(config(connector));
                    Tensor text = text("a", 1, 7, 32);
                    Queries queries = tsc.queries("a", text, SCHEDULE)) {
                tsc.queries("a", text, 123).close();
                assertThat(queries.at(999)).isSameAs(queries.at(1));
                assertThat(tsc.statistics().runs()).isEqualTo(1);
                assertThat(tsc.statistics().entries()).isEqualTo(1);
            }
        }
    }

    @Test
    void forgetsTheLeastRecentlyUsed() {
        long each = 16L * 64 * 4;
        try (TimestepAwareSemanticConnector tsc =
                        load(TINY, new MemoryLimits(1 << 20, 3 * each + 1));
                Tensor text = text("a", 1, 7, 32)) {
            tsc.queries("a", text, 1, 2, 3).close();
            tsc.queries("a", text, 1).close();
            tsc.queries("a", text, 4).close();
            assertThat(tsc.statistics()).isEqualTo(new CacheStatistics(2, 1, 4, 3, 3 * each));
            tsc.queries("a", text, 1, 3, 4).close();
            assertThat(tsc.statistics().runs()).isEqualTo(2);
            tsc.queries("a", text, 2).close();
            assertThat(tsc.statistics().runs()).isEqualTo(3);
            assertThat(torch.liveTensors()).isEqualTo(3 + 1); // and the features
        }
    }

    @Test
    void queriesInUseOutliveTheCacheAndTheConnector() {
        try (Tensor text = text("a", 1, 7, 32)) {
            TimestepAwareSemanticConnector tsc = load(TINY, new MemoryLimits(1 << 20, 0));
            Queries queries = tsc.queries("a", text, SCHEDULE);
            Queries again = tsc.queries("a", text, SCHEDULE);
            assertThat(tsc.statistics().entries()).isZero();
            float[] expected = queries.at(999).floats();
            tsc.close();
            tsc.close();
            assertThat(again.at(999).floats()).containsExactly(expected);
            queries.close();
            queries.close();
            assertThat(again.at(1).floats()).hasSize(16 * 64);
            again.close();
            assertThatThrownBy(() -> again.at(1))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("closed");
            assertThatThrownBy(() -> tsc.queries("a", text, 1))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void concurrentCallersGetTheirOwn() throws ExecutionException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (TimestepAwareSemanticConnector tsc = load(TINY, new MemoryLimits(1 << 16, 1 << 14));
                Tensor text = text("a", 1, 7, 32);
                Tensor other = text("b", 1, 7, 32)) {
            float[] a = queries(tsc, "a", text, 42);
            float[] b = queries(tsc, "b", other, 42);
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                double more = i % 7;
                boolean first = i % 2 == 0;
                runs.add(
                        threads.submit(
                                () -> {
                                    String key = first ? "a" : "b";
                                    try (Queries queries =
                                            tsc.queries(key, first ? text : other, 42, more)) {
                                        assertSame(queries.at(42).floats(), first ? a : b);
                                    }
                                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdown();
        }
    }

    // ---- what it refuses ----

    @Test
    void refusesWrongFeatures() {
        try (TimestepAwareSemanticConnector tsc = load(TINY);
                Tensor narrow = text("a", 1, 7, 31);
                Tensor flat = text("a", 7, 32);
                Tensor empty = text("a", 1, 0, 32);
                Tensor ids = torch.tensor(new long[32], 1, 1, 32)) {
            for (Tensor wrong : List.of(narrow, flat, empty, ids)) {
                assertThatThrownBy(() -> tsc.queries("a", wrong, 1))
                        .isInstanceOf(EllaException.class)
                        .hasMessageContaining("the features are " + wrong)
                        .hasMessageContaining("FLOAT32 [batch, tokens, 32]");
            }
        }
    }

    @Test
    void refusesWrongTimesteps() {
        try (TimestepAwareSemanticConnector tsc = load(TINY);
                Tensor text = text("a", 1, 7, 32);
                Queries queries = tsc.queries("a", text, 2, 1)) {
            for (double wrong : new double[] {Double.NaN, Double.NEGATIVE_INFINITY, 1e300}) {
                assertThatThrownBy(() -> tsc.queries("a", text, 1, wrong))
                        .isInstanceOf(EllaException.class)
                        .hasMessageContaining("a timestep is " + wrong);
            }
            assertThatThrownBy(() -> tsc.queries("a", text))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("at least one");
            assertThatThrownBy(() -> queries.at(1.5))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("no queries for timestep 1.5")
                    .hasMessageContaining("[2.0, 1.0]");
        }
    }

    @ParameterizedTest
    @EnumSource(Connector.class)
    void refusesResultsThatAreNotFinite(Connector connector) {
        float[] values = new float[7 * 32];
        values[3] = Float.NaN;
        try (TimestepAwareSemanticConnector tsc = load(config(connector));
                Tensor text = torch.tensor(values, 1, 7, 32)) {
            assertThatThrownBy(() -> tsc.queries("a", text, SCHEDULE))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("not finite");
            assertThat(tsc.statistics().entries()).isZero();
        }
    }

    @Test
    void refusesWeightsOfAnotherConnector(@TempDir Path folder) {
        Path file = TestFiles.copy("ella-tiny.safetensors", folder.resolve("a.safetensors"));
        try (WeightSource source = Checkpoint.open(file)) {
            TscConfig deeper = new TscConfig(Connector.ADALN, 32, 64, 64, 3, 4, 16, 32);
            assertThatThrownBy(
                            () ->
                                    TimestepAwareSemanticConnector.load(
                                            torch, deeper, source, Precision.FP32))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("connector.perceiver_blocks.2");
            TscConfig wider = new TscConfig(Connector.ADALN, 32, 64, 64, 2, 4, 16, 48);
            assertThatThrownBy(
                            () ->
                                    TimestepAwareSemanticConnector.load(
                                            torch, wider, source, Precision.FP32))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("connector.proj_in.weight");
            TscConfig resampler = new TscConfig(Connector.RESAMPLER, 0, 0, 64, 2, 4, 16, 32);
            assertThatThrownBy(
                            () ->
                                    TimestepAwareSemanticConnector.load(
                                            torch, resampler, source, Precision.FP32))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("connector.perceiver_blocks.0.ln_1.weight");
        }
    }

    @Test
    void refusesNegativeLimits() {
        assertThatThrownBy(() -> new MemoryLimits(-1, 0)).isInstanceOf(EllaException.class);
    }
}
