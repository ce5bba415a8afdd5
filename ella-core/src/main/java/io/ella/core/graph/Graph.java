package io.ella.core.graph;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A recorded computation. Immutable and thread-safe. */
public final class Graph {
    private final String name;
    private final List<Value> values;
    private final List<Value> inputs;
    private final List<Value> parameters;
    private final Map<String, Value> outputs;
    private final Map<String, Long> usual;

    Graph(
            String name,
            List<Value> values,
            List<Value> inputs,
            List<Value> parameters,
            Map<String, Value> outputs,
            Map<String, Long> usual) {
        this.name = name;
        this.values = values;
        this.inputs = inputs;
        this.parameters = parameters;
        this.outputs = new LinkedHashMap<>(outputs);
        this.usual = Map.copyOf(usual);
    }

    /**
     * Runs a model on symbolic values and keeps what it did.
     *
     * @param name how messages call the graph
     * @param forward declares inputs, computes, declares outputs
     * @return the graph
     */
    public static Graph record(String name, Consumer<Recorder> forward) {
        Recorder recorder = new Recorder(name);
        forward.accept(recorder);
        return recorder.finish();
    }

    /** {@return how messages call the graph} */
    public String name() {
        return name;
    }

    /** {@return every value, operands before what uses them} */
    public List<Value> values() {
        return values;
    }

    /** {@return the inputs in the order in which they are given} */
    public List<Value> inputs() {
        return inputs;
    }

    /** {@return the results in the order in which they come back} */
    public List<Value> outputs() {
        return List.copyOf(outputs.values());
    }

    /**
     * {@return how large symbolic sizes usually are; those of which nothing was said are absent}
     */
    public Map<String, Long> usual() {
        return usual;
    }

    /** {@return what the graph needs from a checkpoint, in the order of first use} */
    public List<ParameterSpec> parameters() {
        return parameters.stream().map(v -> ((Op.Parameter) v.op()).spec()).toList();
    }

    /** {@return the number of weights: the elements of all parameters} */
    public long parameterCount() {
        return parameters().stream().mapToLong(ParameterSpec::elements).sum();
    }

    /**
     * {@return the arithmetic work, multiplications and additions counted apart: linear layers,
     * convolutions and attention}
     *
     * @param symbols a value for each symbolic size
     */
    public long flops(Map<String, Long> symbols) {
        return values.stream().mapToLong(v -> v.flops().value(symbols)).sum();
    }

    /**
     * {@return what each kind of operation costs, the most arithmetic first; views cost nothing and
     * are left out}
     *
     * @param symbols a value for each symbolic size
     * @param computeBytes the size of an element of type {@link ElementType#COMPUTE}
     */
    public List<Cost> costs(Map<String, Long> symbols, int computeBytes) {
        Map<String, Cost> costs = new LinkedHashMap<>();
        for (Value value : values) {
            if (isWork(value.op())) {
                String kind = value.op().getClass().getSimpleName();
                long bytes =
                        Stream.concat(Stream.of(value), value.operands().stream())
                                .mapToLong(v -> v.bytes(symbols, computeBytes))
                                .sum();
                Cost cost = new Cost(kind, 1, value.flops().value(symbols), bytes);
                costs.merge(kind, cost, Cost::plus);
            }
        }
        return costs.values().stream()
                .sorted(
                        Comparator.comparingLong(Cost::flops)
                                .thenComparingLong(Cost::bytes)
                                .reversed())
                .toList();
    }

    private static boolean isWork(Op op) {
        return !(op instanceof Op.Input
                || op instanceof Op.Parameter
                || op instanceof Op.Reshape
                || op instanceof Op.Expand
                || op instanceof Op.Slice
                || op instanceof Op.Permute);
    }

    @Override
    public String toString() {
        return name
                + ": "
                + values.size()
                + " values, "
                + parameters.size()
                + " parameters, "
                + parameterCount()
                + " weights";
    }
}
