package io.ella.core.torch;

import io.ella.core.EllaException;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Value;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks what a program is called with against what its graph declares. */
final class Bindings {

    private Bindings() {}

    /**
     * {@return the values of the symbolic sizes}
     *
     * @throws EllaException if a number, type or shape of inputs differs from the declaration
     */
    static Map<String, Long> of(Graph graph, List<Tensor> inputs) {
        if (inputs.size() != graph.inputs().size()) {
            throw new EllaException(
                    graph.name()
                            + " takes "
                            + graph.inputs().size()
                            + " inputs, found "
                            + inputs.size());
        }
        Map<String, Long> symbols = new HashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            bind(graph, graph.inputs().get(i), inputs.get(i), symbols);
        }
        for (int i = 0; i < inputs.size(); i++) {
            check(graph, graph.inputs().get(i), inputs.get(i), symbols);
        }
        return symbols;
    }

    private static void bind(Graph graph, Value declared, Tensor given, Map<String, Long> symbols) {
        long[] shape = given.shape();
        if (shape.length != declared.rank() || given.type() != stored(declared.type())) {
            throw misfit(graph, declared, given, symbols);
        }
        for (int d = 0; d < shape.length; d++) {
            long size = shape[d];
            declared.size(d)
                    .asMultiple()
                    .ifPresent(m -> symbols.putIfAbsent(m.symbol(), size / m.factor()));
        }
    }

    private static void check(
            Graph graph, Value declared, Tensor given, Map<String, Long> symbols) {
        long[] expected = declared.shape().stream().mapToLong(dim -> dim.value(symbols)).toArray();
        if (!Arrays.equals(expected, given.shape())) {
            throw misfit(graph, declared, given, symbols);
        }
    }

    private static EllaException misfit(
            Graph graph, Value declared, Tensor given, Map<String, Long> symbols) {
        String name = ((Op.Input) declared.op()).name();
        String sizes = symbols.isEmpty() ? "" : " with " + symbols;
        return new EllaException(
                "%s: input \"%s\" is %s, expected %s%s"
                        .formatted(graph.name(), name, given, declared, sizes));
    }

    /** Programs take and give 32 bits where they compute in another precision. */
    private static ElementType stored(ElementType type) {
        return type == ElementType.COMPUTE ? ElementType.FLOAT32 : type;
    }
}
