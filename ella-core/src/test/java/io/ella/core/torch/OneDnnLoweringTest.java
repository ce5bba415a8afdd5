package io.ella.core.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.ella.core.EllaException;
import io.ella.core.graph.AttentionOptions;
import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Params;
import io.ella.core.graph.Value;
import io.ella.core.weights.HashWeights;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What oneDNN computes with packed weights, against the plain lowering of the same graph. */
class OneDnnLoweringTest {
    private static final Dim B = Dim.symbol("B");
    private static final Dim N = Dim.symbol("N");
    private static final HashWeights SOURCE = new HashWeights(3);

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

    private static Graph tokens(BiFunction<Value, Params, Value> forward) {
        return Graph.record(
                "tokens",
                g -> g.output("y", forward.apply(g.input("x", B, N, Dim.of(32)), g.params())));
    }

    private static Graph image(int channels, BiFunction<Value, Params, Value> forward) {
        return Graph.record(
                "image",
                g ->
                        g.output(
                                "y",
                                forward.apply(
                                        g.input("x", B, Dim.of(channels), N, Dim.of(6)),
                                        g.params())));
    }

    private static Program plain(Graph graph, Precision precision) {
        byte[] archive = ScriptArchive.of(Lowering.forward(graph, precision));
        return new Program(torch, graph, precision, Map.of(), torch.load(graph.name(), archive));
    }

    private static float[] run(Program program, long... shape) {
        try (program;
                Weights weights = program.load(SOURCE);
                Tensor x = torch.tensor(HashWeights.uniform("x", shape, 5), shape);
                Outputs outputs = program.run(weights, x)) {
            return outputs.get(0).floats();
        }
    }

    private static void check(Graph graph, Map<String, Packing> packing, long... shape) {
        if (Torch.hasFastBf16()) {
            assertThat(Packing.of(graph, Precision.BF16)).isEqualTo(packing);
        }
        float[] exact = run(plain(graph, Precision.FP32), shape);
        assertThat(distance(run(torch.compile(graph, Precision.FP32), shape), exact))
                .isLessThan(1e-5);
        double rounding = distance(run(plain(graph, Precision.BF16), shape), exact);
        assertThat(distance(run(torch.compile(graph, Precision.BF16), shape), exact))
                .isLessThan(1.3 * rounding);
    }

    private static double distance(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double error = 0;
        double norm = 0;
        for (int i = 0; i < actual.length; i++) {
            error += Math.pow(actual[i] - expected[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(error / norm);
    }

    @Test
    void halvesOfALinearLayerThatGateEachOther() {
        Graph graph =
                tokens(
                        (x, p) -> {
                            List<Value> halves = x.linear(p.at("up"), 128).chunk(2, -1);
                            Value h = halves.get(0).mul(halves.get(1).gelu());
                            return h.linearNoBias(p.at("down"), 32).add(x);
                        });
        check(
                graph,
                Map.of("up.weight", new Packing.Linear(2), "down.weight", new Packing.Linear(1)),
                2,
                9,
                32);
    }

    @Test
    void activations() {
        Graph graph =
                tokens(
                        (x, p) -> {
                            Value gate = x.linearNoBias(p.at("wi_0"), 64);
                            Value h =
                                    gate.unary(Op.UnaryFunction.GELU_TANH)
                                            .mul(x.linearNoBias(p.at("wi_1"), 64));
                            // Used twice, hence not to be taken in by either use.
                            Value wide = h.linear(p.at("wide"), 64);
                            return wide.gelu().add(wide);
                        });
        Packing whole = new Packing.Linear(1);
        check(
                graph,
                Map.of("wi_0.weight", whole, "wi_1.weight", whole, "wide.weight", whole),
                1,
                7,
                32);
    }

    /**
     * More keys than fit one chunk with all queries, and an offset that all of them have; the third
     * also with scores that are too large for what stands for the softmax, the last with more keys
     * than are taken at a time.
     */
    @ParameterizedTest
    @CsvSource({"1500, 4", "2100, 4", "2100, 60", "4500, 4"})
    void attentionToManyKeys(int count, double scale) {
        Graph graph =
                tokens(
                        (x, p) -> {
                            Value q = x.linearNoBias(p.at("q"), 32).mul(scale);
                            Value k = x.linearNoBias(p.at("k"), 32).add(2);
                            Value v = x.linearNoBias(p.at("v"), 32);
                            return q.attention(k, v, AttentionOptions.heads(4));
                        });
        Packing whole = new Packing.Linear(1);
        check(graph, Map.of("q.weight", whole, "k.weight", whole, "v.weight", whole), 2, count, 32);
    }

    /** So many that all heads are multiplied at once. */
    @Test
    void attentionOfManyQueriesToFewKeys() {
        Graph graph =
                tokens(
                        (x, p) -> {
                            Value text = x.slice(1, Dim.of(0), Dim.of(77));
                            Value q = x.linearNoBias(p.at("q"), 32).mul(4);
                            Value k = text.linearNoBias(p.at("k"), 32).add(2);
                            Value v = text.linearNoBias(p.at("v"), 32);
                            return q.attention(k, v, AttentionOptions.heads(4));
                        });
        Packing whole = new Packing.Linear(1);
        check(graph, Map.of("q.weight", whole, "k.weight", whole, "v.weight", whole), 2, 1500, 32);
    }

    /** Large encoders of text amplify the order in which packed layers add up. */
    @Test
    void linearLayersOf32BitsArePackedBesideConvolutionsOnly() {
        Graph text = tokens((x, p) -> x.linear(p.at("up"), 64));
        Graph image =
                image(
                        8,
                        (x, p) -> {
                            Value y = x.conv2d(p.at("conv"), 8, 3, 1, 1);
                            Value rows = y.reshape(y.size(0), Dim.of(8), y.size(2).times(6));
                            return rows.transpose(1, 2).linear(p.at("up"), 64);
                        });
        assertThat(Packing.of(text, Precision.FP32)).isEmpty();
        if (!Packing.of(image, Precision.FP32).isEmpty()) {
            assertThat(Packing.of(image, Precision.FP32))
                    .containsOnlyKeys("conv.weight", "up.weight");
        }
        check(image, Packing.of(image, Precision.BF16), 2, 8, 7, 6);
    }

    @Test
    void slicesThatAreNotEqualPartsStaySlices() {
        Graph graph =
                tokens(
                        (x, p) -> {
                            Value h = x.linear(p.at("up"), 64);
                            Value narrow = h.slice(-1, Dim.of(0), Dim.of(16));
                            return narrow.add(h.slice(-1, Dim.of(30), Dim.of(16)));
                        });
        check(graph, Map.of("up.weight", new Packing.Linear(1)), 1, 7, 32);
    }

    @Test
    void weightsThatAreUsedInDifferentWaysStayAsTheyAre() {
        Graph graph =
                tokens(
                        (x, p) -> {
                            Value w = p.tensor("w", 32, 32);
                            return x.linear(w)
                                    .add(x.linear(w.mul(2)))
                                    .add(w.slice(0, Dim.of(0), Dim.of(1)));
                        });
        check(graph, Map.of(), 1, 7, 32);
    }

    @Test
    void convolutionsWithABiasOfTheirOwnAndAComputedOne() {
        Graph graph =
                image(
                        32,
                        (x, p) -> {
                            Value shift = p.tensor("shift", 1, 48, 1, 1).silu();
                            Value h = x.conv2d(p.at("conv1"), 48, 3).add(shift);
                            return h.silu().conv2d(p.at("conv2"), 16, 3, 2, 1);
                        });
        check(
                graph,
                Map.of(
                        "conv1.weight",
                        new Packing.Convolution(1, 1, 1, 32, 6),
                        "conv2.weight",
                        new Packing.Convolution(1, 2, 1, 32, 6)),
                2,
                32,
                5,
                6);
    }

    @Test
    void convolutionsWithoutABias() {
        Graph graph =
                image(
                        32,
                        (x, p) -> {
                            Value shift = p.tensor("shift", 1, 48, 1, 1).silu();
                            Value h = x.conv2dNoBias(p.at("conv1"), 48, 3).add(shift);
                            return h.silu().conv2dNoBias(p.at("conv2"), 16, 3);
                        });
        Packing packing = new Packing.Convolution(1, 1, 1, 32, 6);
        check(graph, Map.of("conv1.weight", packing, "conv2.weight", packing), 2, 32, 5, 6);
    }

    /** For the size that a graph usually has; 1×1 not at all, for it changes its layout. */
    @Test
    void convolutionsArePackedForTheirUsualSize() {
        Dim height = Dim.symbol("H");
        Graph graph =
                Graph.record(
                        "test",
                        g -> {
                            g.usual(height, 16);
                            Value x = g.input("x", Dim.of(1), Dim.of(8), height, Dim.of(24));
                            Value h = x.conv2d(g.params().at("down"), 192, 3, 2, 1);
                            h = h.conv2d(g.params().at("conv"), 192, 3);
                            g.output("y", h.conv2d(g.params().at("out"), 8, 1));
                        });
        Map<String, Packing> packing =
                Map.of(
                        "down.weight",
                        new Packing.Convolution(1, 2, 1, 16, 24),
                        "conv.weight",
                        new Packing.Convolution(1, 1, 1, 8, 12));
        check(graph, packing, 1, 8, 16, 24);
        check(graph, packing, 1, 8, 40, 24);
    }

    /**
     * Of images that tiles cover and of those that they do not, in one part, in bands and several
     * images at a time; with a bias, a computed one and none.
     */
    @ParameterizedTest
    @CsvSource({
        "4, 1, 32, 32", "4, 3, 5, 6", "4, 70, 3, 4", "4, 2, 70, 33", "4, 1, 1, 1",
        "2, 1, 32, 32", "2, 3, 5, 7", "2, 70, 3, 4", "2, 2, 70, 33", "2, 1, 1, 1"
    })
    void convolutionsOfManyPixelsByTransformedTiles(int pixels, int images, int high, int wide) {
        Dim height = Dim.symbol("H");
        Graph graph =
                Graph.record(
                        "test",
                        g -> {
                            g.usual(height, pixels == 4 ? 2000 : 30);
                            Params p = g.params();
                            Value x = g.input("x", B, Dim.of(8), height, Dim.symbol("W"));
                            Value shift = p.tensor("shift", 1, 320, 1, 1).silu();
                            Value h = x.conv2d(p.at("in"), 256, 3);
                            h = h.conv2d(p.at("conv1"), 320, 3).silu();
                            h = h.conv2d(p.at("conv2"), 320, 3).add(shift).silu();
                            g.output("y", h.conv2dNoBias(p.at("conv3"), 256, 3));
                        });
        Map<String, Packing> packing = Packing.of(graph, Precision.FP32);
        assumeThat(packing).as("packing, which needs AVX-512").isNotEmpty();
        Packing transformed = new Packing.Transformed(pixels);
        assertThat(packing)
                .containsEntry("conv1.weight", transformed)
                .containsEntry("conv2.weight", transformed)
                .containsEntry("conv3.weight", transformed)
                .containsKey("in.weight")
                .doesNotContainEntry("in.weight", transformed);
        check(graph, Packing.of(graph, Precision.BF16), images, 8, high, wide);
    }

    /** What a small, a narrow, a strided and a large convolution make of their weights. */
    @Test
    void convolutionsAreTransformedWhereThatSavesTime() {
        Graph graph =
                Graph.record(
                        "test",
                        g -> {
                            Params p = g.params();
                            Value x = g.input("x", B, Dim.of(4), Dim.symbol("H"), Dim.symbol("W"));
                            Value h = x.conv2d(p.at("narrow"), 256, 3);
                            h = h.conv2d(p.at("large"), 256, 3);
                            h = h.conv2d(p.at("strided"), 512, 3, 2, 1);
                            h = h.conv2d(p.at("half"), 512, 3);
                            h = h.conv2d(p.at("one"), 64, 1);
                            g.output("y", h.conv2d(p.at("small"), 64, 3));
                        });
        Map<String, Packing> packing = Packing.of(graph, Precision.FP32);
        assumeThat(packing).as("packing, which needs AVX-512").isNotEmpty();
        assertThat(packing)
                .isEqualTo(
                        Map.of(
                                "narrow.weight",
                                new Packing.Convolution(1, 1, 1, 32, 32),
                                "large.weight",
                                new Packing.Transformed(4),
                                "strided.weight",
                                new Packing.Convolution(1, 2, 1, 32, 32),
                                "half.weight",
                                new Packing.Transformed(2),
                                "small.weight",
                                new Packing.Convolution(1, 1, 1, 16, 16)));
    }

    @Test
    void wideConvolutionsAddUpOverTheirChannels() {
        Graph graph = image(1920, (x, p) -> x.silu().conv2d(p.at("conv"), 32, 3));
        check(graph, Map.of("conv.weight", new Packing.Convolution(3, 1, 1, 32, 6)), 1, 1920, 4, 6);
    }

    @Test
    void weightsOfAnotherProgramAreRefused() {
        Graph convolution = image(8, (x, p) -> x.conv2d(p.at("conv"), 8, 3));
        Graph strided = image(8, (x, p) -> x.conv2d(p.at("conv"), 8, 3, 2, 1));
        assumeThat(Packing.of(convolution, Precision.FP32))
                .as("packing, which needs AVX-512")
                .isNotEmpty();
        try (Program one = torch.compile(convolution, Precision.FP32);
                Program other = torch.compile(strided, Precision.FP32);
                Weights weights = one.load(SOURCE);
                Tensor x = torch.tensor(new float[48], 1, 8, 1, 6)) {
            assertThatThrownBy(() -> other.run(weights, x))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("weights of another program");
        }
    }
}
