package io.ella.core.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import io.ella.core.graph.AttentionOptions;
import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import io.ella.core.weights.HashWeights;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each operation's lowering against a few lines of plain Java. */
class ProgramTest {
    private static final Dim B = Dim.symbol("B");
    private static final Dim N = Dim.symbol("N");

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

    private static float[] run(Graph graph, Precision precision, Tensor... inputs) {
        try (Program program = torch.compile(graph, precision);
                Weights weights = program.load(new HashWeights(7));
                Outputs outputs = program.run(weights, inputs)) {
            return outputs.get(0).floats();
        } finally {
            for (Tensor input : inputs) {
                input.close();
            }
        }
    }

    /** Of x = [[1, -2, 3], [0.5, 0, -1]]. */
    private static float[] of(BiFunction<Recorder, Value, Value> forward) {
        Graph graph =
                Graph.record(
                        "test", g -> g.output("y", forward.apply(g, g.input("x", B, Dim.of(3)))));
        return run(graph, Precision.FP32, torch.tensor(new float[] {1, -2, 3, 0.5f, 0, -1}, 2, 3));
    }

    @Test
    void rowsOfTable() {
        Graph graph =
                Graph.record(
                        "rows",
                        g -> {
                            Value index = g.input("index", ElementType.INT64, N);
                            Value table = g.input("table", ElementType.FLOAT32, B, Dim.of(2));
                            g.output("rows", index.embedding(table));
                        });
        Tensor index = torch.tensor(new long[] {2, 0}, 2);
        Tensor table = torch.tensor(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
        assertThat(run(graph, Precision.FP32, index, table)).containsExactly(5, 6, 1, 2);
    }

    @Test
    void elementWise() {
        assertThat(of((g, x) -> x.silu())[2])
                .isCloseTo((float) (3 / (1 + Math.exp(-3))), within(1e-6f));
        assertThat(of((g, x) -> x.gelu())[0]).isCloseTo(0.8413447f, within(1e-6f));
        assertThat(of((g, x) -> x.unary(Op.UnaryFunction.GELU_TANH))[0])
                .isCloseTo(0.841192f, within(1e-5f));
        assertThat(of((g, x) -> x.unary(Op.UnaryFunction.QUICK_GELU))[0])
                .isCloseTo((float) (1 / (1 + Math.exp(-1.702))), within(1e-6f));
        assertThat(of((g, x) -> x.unary(Op.UnaryFunction.RELU)))
                .containsExactly(1, 0, 3, 0.5f, 0, 0);
        assertThat(of((g, x) -> x.unary(Op.UnaryFunction.TANH))[1])
                .isCloseTo((float) Math.tanh(-2), within(1e-6f));
        assertThat(of((g, x) -> x.unary(Op.UnaryFunction.SQUARE)))
                .containsExactly(1, 4, 9, 0.25f, 0, 1);
        assertThat(of((g, x) -> x.mul(2).add(1))).containsExactly(3, -3, 7, 2, 1, -1);
        assertThat(of((g, x) -> x.clamp(-1, 1))).containsExactly(1, -1, 1, 0.5f, 0, -1);
        assertThat(of((g, x) -> x.sub(x.mul(x)))).containsExactly(0, -6, -6, 0.25f, 0, -2);
    }

    @Test
    void matrixProducts() {
        // [[1, -2, 3], [0.5, 0, -1]] by its transpose
        assertThat(of((g, x) -> x.matmul(x.transpose(0, 1))))
                .containsExactly(14, -2.5f, -2.5f, 1.25f);
        Dim one = Dim.of(1);
        assertThat(
                        of(
                                (g, x) -> {
                                    Value rows = x.reshape(B, one, Dim.of(3));
                                    return rows.matmul(rows.transpose(1, 2));
                                }))
                .containsExactly(14, 1.25f);
    }

    @Test
    void parametersThatStayIn32Bits() {
        Graph graph =
                Graph.record(
                        "mixed",
                        g -> {
                            Value x = g.input("x", B, Dim.of(3)).toFloat32();
                            Value w = g.params().at("wo").tensorFloat32("weight", 2, 3);
                            g.output("y", x.linear(w));
                        });
        float[] w = HashWeights.uniform("wo.weight", new long[] {2, 3}, 7);
        float[] y = run(graph, Precision.BF16, torch.tensor(new float[] {1, 0, 0, 0, 0, 1}, 2, 3));
        assertThat(y).containsExactly(w[0], w[3], w[2], w[5]); // fan-in 3: the factor is 1
    }

    @Test
    void rowsOfAComputedTable() {
        Graph graph =
                Graph.record(
                        "rows",
                        g -> {
                            Value table = g.input("x", B, Dim.of(3)).mul(2);
                            g.output("y", g.input("i", ElementType.INT64, N).embedding(table));
                        });
        Tensor table = torch.tensor(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        assertThat(run(graph, Precision.FP32, table, torch.tensor(new long[] {1, 0, 1}, 3)))
                .containsExactly(8, 10, 12, 2, 4, 6, 8, 10, 12);
    }

    /** Inputs lie in Java's direct memory, which the collector frees with them. */
    @Test
    void resultsOutliveInputs() {
        Graph graph =
                Graph.record(
                        "views",
                        g -> {
                            Value x = g.input("x", B, Dim.of(3)).toFloat32();
                            g.output("y", x.slice(0, Dim.of(0), B).reshape(B.times(3)));
                        });
        try (Program program = torch.compile(graph, Precision.FP32);
                Weights none = program.load(new HashWeights(7));
                Outputs outputs = run(program, none, new float[3 << 16])) {
            for (int i = 0; i < 8; i++) {
                System.gc();
                torch.tensor(HashWeights.uniform("other", new long[] {3 << 16}, i), 3 << 16)
                        .close();
            }
            assertThat(outputs.get(0).floats()).containsOnly(0);
        }
    }

    private static Outputs run(Program program, Weights weights, float[] x) {
        try (Tensor input = torch.tensor(x, x.length / 3, 3)) {
            return program.run(weights, input);
        }
    }

    @Test
    void shapes() {
        assertThat(of((g, x) -> x.transpose(0, 1).reshape(B.times(3))))
                .containsExactly(1, 0.5f, -2, 0, 3, -1);
        assertThat(of((g, x) -> x.concat(-1, x.slice(-1, Dim.of(2), Dim.of(1)))))
                .containsExactly(1, -2, 3, 3, 0.5f, 0, -1, -1);
        assertThat(of((g, x) -> x.chunk(3, 1).get(1))).containsExactly(-2, 0);
        assertThat(of((g, x) -> x.unsqueeze(0).expand(Dim.of(2), B, Dim.of(3)))).hasSize(12);
    }

    @Test
    void imageOperations() {
        Graph graph =
                Graph.record(
                        "image",
                        g -> {
                            Value x = g.input("x", B, Dim.of(1), Dim.symbol("H"), Dim.symbol("W"));
                            Value big = x.upsampleNearest(x.size(2).times(2), x.size(3));
                            g.output("y", big.zeroPad2d(0, 1, 0, 0));
                        });
        assertThat(run(graph, Precision.FP32, torch.tensor(new float[] {1, 2}, 1, 1, 1, 2)))
                .containsExactly(1, 2, 0, 1, 2, 0);
    }

    @Test
    void poolingTakesTheMeanOfWhatThereIs() {
        Graph graph =
                Graph.record(
                        "pool",
                        g -> {
                            Value x = g.input("x", B, Dim.of(1), Dim.symbol("H"), Dim.symbol("W"));
                            g.output("y", x.averagePool2d());
                        });
        float[] image = {1, 2, 3, 3, 4, 5, 6, 8, 10};
        assertThat(run(graph, Precision.FP32, torch.tensor(image, 1, 1, 3, 3)))
                .containsExactly(2.5f, 4, 7, 10);
    }

    @Test
    void norms() {
        float[] plain = of((g, x) -> x.layerNorm(0));
        assertThat(plain[0] + plain[1] + plain[2]).isCloseTo(0, within(1e-6f));
        float weight = new HashWeights(7).tensor(ParameterSpec.of("n.weight", 3)).floatArray()[2];
        float[] rms = of((g, x) -> x.rmsNorm(g.params().at("n"), 0));
        assertThat(rms[2]).isCloseTo((float) (3 / Math.sqrt(14.0 / 3)) * weight, within(1e-6f));
    }

    @Test
    void groupedQueriesShareTheirKeysAndMasksHide() {
        // One position of keys only is visible, so that attention returns its value for every head.
        Graph graph =
                Graph.record(
                        "attention",
                        g -> {
                            Value q = g.input("q", B, N, Dim.of(4));
                            Value k = g.input("k", B, N, Dim.of(2));
                            Value mask =
                                    g.input("mask", ElementType.BOOL, B, Dim.of(1), Dim.of(1), N);
                            g.output(
                                    "y",
                                    q.attention(
                                            k,
                                            k,
                                            AttentionOptions.heads(4)
                                                    .withKvHeads(2)
                                                    .withMask(mask)));
                        });
        float[] y =
                run(
                        graph,
                        Precision.FP32,
                        torch.tensor(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 1, 2, 4),
                        torch.tensor(new float[] {10, 20, 30, 40}, 1, 2, 2),
                        torch.tensor(new boolean[] {false, true}, 1, 1, 1, 2));
        assertThat(y).containsExactly(30, 30, 40, 40, 30, 30, 40, 40);
    }

    @Test
    void sinusoidPutsCosinesFirstWhenFlipped() {
        Graph graph =
                Graph.record(
                        "time",
                        g ->
                                g.output(
                                        "y",
                                        g.input("t", ElementType.FLOAT32, N).sinusoid(4, true, 0)));
        float[] y = run(graph, Precision.FP32, torch.tensor(new float[] {500}, 1));
        assertThat(y[0]).isCloseTo((float) Math.cos(500), within(1e-4f));
        assertThat(y[1]).isCloseTo((float) Math.cos(5), within(1e-4f));
        assertThat(y[3]).isCloseTo((float) Math.sin(5), within(1e-4f));
    }

    @Test
    void bf16IsCloseTo32Bits() {
        Graph graph =
                Graph.record(
                        "net",
                        g -> {
                            Value x = g.input("x", B, Dim.of(8), N, N);
                            g.output(
                                    "y",
                                    x.conv2d(g.params().at("c"), 16, 3)
                                            .groupNorm(g.params().at("n"), 4, 1e-5)
                                            .silu());
                        });
        float[] input = HashWeights.uniform("x", new long[] {2, 8, 5, 5}, 1);
        float[] exact = run(graph, Precision.FP32, torch.tensor(input, 2, 8, 5, 5));
        float[] rough = run(graph, Precision.BF16, torch.tensor(input, 2, 8, 5, 5));
        double error = 0;
        double norm = 0;
        for (int i = 0; i < exact.length; i++) {
            error += Math.pow(exact[i] - rough[i], 2);
            norm += Math.pow(exact[i], 2);
        }
        assertThat(Math.sqrt(error / norm)).isBetween(1e-4, 2e-2);
    }

    @Test
    void wrongInputsAreRefusedBeforeTheyReachNativeCode() {
        Graph graph =
                Graph.record(
                        "pair",
                        g ->
                                g.output(
                                        "y",
                                        g.input("a", B, Dim.of(3))
                                                .add(g.input("b", B, Dim.of(3)))));
        assertThatThrownBy(() -> run(graph, Precision.FP32, torch.tensor(new float[3], 1, 3)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("takes 2 inputs, found 1");
        assertThatThrownBy(
                        () ->
                                run(
                                        graph,
                                        Precision.FP32,
                                        torch.tensor(new float[3], 1, 3),
                                        torch.tensor(new float[6], 2, 3)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(
                        "pair: input \"b\" is FLOAT32 [2, 3], expected COMPUTE [B, 3] with {B=1}");
        assertThatThrownBy(() -> torch.tensor(new float[3], 2, 2))
                .isInstanceOf(EllaException.class);
    }

    @Test
    void aClosedTensorIsRefused() {
        Tensor tensor = torch.tensor(new float[3], 3);
        tensor.close();
        tensor.close();
        assertThatThrownBy(tensor::floats)
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void aDeviceThatIsNotThereIsAnError() {
        assertThatThrownBy(() -> Torch.open(Device.of("cuda:7")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("cuda:7");
        assertThatThrownBy(() -> Device.of("tpu")).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> Precision.of("int8"))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("bf16");
    }
}
