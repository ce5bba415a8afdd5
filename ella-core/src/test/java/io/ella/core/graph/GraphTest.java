package io.ella.core.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

class GraphTest {
    private static final Dim B = Dim.symbol("B");

    @Test
    void declaresParametersInTheOrderOfUse() {
        Graph graph =
                Graph.record(
                        "mlp",
                        g -> {
                            Params p = g.params().at("net");
                            Value x = g.input("x", B, Dim.of(16));
                            Value h = x.linear(p.at("fc", 0), 64).silu();
                            g.output("y", h.linearNoBias(p.at("fc", 1), 8));
                        });
        assertThat(graph.parameters())
                .containsExactly(
                        ParameterSpec.of("net.fc.0.weight", 64, 16),
                        ParameterSpec.of("net.fc.0.bias", 64),
                        ParameterSpec.of("net.fc.1.weight", 8, 64));
        assertThat(graph.parameterCount()).isEqualTo(64 * 16 + 64 + 8 * 64);
        assertThat(graph.flops(Map.of("B", 3L))).isEqualTo(2 * 3 * (16 * 64 + 64 * 8));
        assertThat(graph.outputs().get(0).shape()).containsExactly(B, Dim.of(8));
    }

    @Test
    void costsAreCountedByKindOfOperation() {
        Graph graph =
                Graph.record(
                        "mlp",
                        g -> {
                            Value x = g.input("x", B, Dim.of(16));
                            Value h = x.linear(g.params().at("a"), 64).silu();
                            g.output("y", h.linearNoBias(g.params().at("b"), 8));
                        });
        List<Cost> costs = graph.costs(Map.of("B", 3L), 2);
        long first = 3 * 16 + 64 * 16 + 64 + 3 * 64;
        long second = 3 * 64 + 8 * 64 + 3 * 8;
        assertThat(costs)
                .containsExactly(
                        new Cost("Linear", 2, 2 * 3 * (16 * 64 + 64 * 8), 2 * (first + second)),
                        new Cost("Unary", 1, 0, 2 * 2 * 3 * 64));
        assertThat(costs.get(0).times(3).count()).isEqualTo(6);
    }

    @Test
    void oneParameterMayServeTwiceButNotInTwoShapes() {
        Graph.record(
                "tied",
                g -> {
                    Value x = g.input("x", B, Dim.of(4));
                    g.output("y", x.linear(g.params().at("a"), 4).linear(g.params().at("a"), 4));
                });
        refused(
                "\"a.weight\" as [4, 4] and as [8, 4]",
                (g, x) -> {
                    x.linear(g.params().at("a"), 4);
                    x.linear(g.params().at("a"), 8);
                });
    }

    @Test
    void convolutionsTellTheirSize() {
        Graph graph =
                Graph.record(
                        "conv",
                        g -> {
                            Value x = g.input("x", B, Dim.of(4), Dim.symbol("H"), Dim.symbol("W"));
                            g.output("y", x.conv2d(g.params().at("c"), 8, 3, 2, 1));
                        });
        Value y = graph.outputs().get(0);
        assertThat(y.size(2).value(Map.of("H", 64L))).isEqualTo(32);
        assertThat(y.size(2).value(Map.of("H", 7L))).isEqualTo(4);
        assertThat(graph.flops(Map.of("B", 1L, "H", 8L, "W", 8L))).isEqualTo(16 * 2 * 8 * 4 * 9);
    }

    @Test
    void whatDoesNotFitIsRefusedWhileRecordingWithBothShapes() {
        refused("[B, 4] and", (g, x) -> x.add(g.input("y", B, Dim.of(5))));
        refused("[B, 4] and", (g, x) -> x.linear(g.params().tensor("w", 8, 5)));
        refused("[.., K, M]", (g, x) -> x.matmul(x));
        refused("[B, 4]", (g, x) -> x.reshape(B, Dim.of(5)));
        refused("[B, 4]", (g, x) -> x.conv2d(g.params(), 8, 3));
        refused("groups", (g, x) -> x.groupNorm(g.params(), 3, 1e-5));
        refused("INT64", (g, x) -> x.embedding(g.params(), 10, 4));
        refused("toCompute", (g, x) -> x.add(x.toFloat32()));
        refused("each dimension once", (g, x) -> x.permute(0, 0));
        refused(
                "heads",
                (g, x) -> {
                    Value q = x.unsqueeze(1);
                    q.attention(q, q, AttentionOptions.heads(3));
                });
        refused("no output", (g, x) -> {});
    }

    @Test
    void valuesOfAnotherGraphAreRefused() {
        List<Value> kept = new ArrayList<>();
        Graph.record(
                "first",
                g -> {
                    kept.add(g.input("x", B, Dim.of(4)));
                    g.output("x", kept.get(0));
                });
        refused("another graph", (g, x) -> x.add(kept.get(0)));
    }

    private static void refused(String message, BiConsumer<Recorder, Value> forward) {
        assertThatThrownBy(
                        () -> Graph.record("g", g -> forward.accept(g, g.input("x", B, Dim.of(4)))))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aGraphServesAsAPartOfAnother() {
        Graph half =
                Graph.record(
                        "half",
                        g -> {
                            Value x = g.input("x", B, Dim.symbol("L").times(2), Dim.of(4));
                            Value cut = x.slice(1, Dim.symbol("L"), Dim.symbol("L"));
                            g.output("y", cut.linear(g.params().at("fc"), 3));
                        });
        Dim tokens = Dim.symbol("T");
        Graph whole =
                Graph.record(
                        "whole",
                        g -> {
                            Value x = g.input("x", Dim.of(1), tokens.times(8), Dim.of(4));
                            g.output("y", g.inline("part", half, x).get(0));
                        });
        assertThat(whole.outputs().get(0).shape())
                .containsExactly(Dim.of(1), tokens.times(4), Dim.of(3));
        assertThat(whole.parameters())
                .containsExactly(
                        ParameterSpec.of("part.fc.weight", 3, 4),
                        ParameterSpec.of("part.fc.bias", 3));
        assertThat(whole.flops(Map.of("T", 5L))).isEqualTo(half.flops(Map.of("B", 1L, "L", 20L)));
        refused(
                "half: input \"x\" is COMPUTE [B, 4], expected COMPUTE [B, 2*L, 4]",
                (g, x) -> g.inline("part", half, x));
    }
}
