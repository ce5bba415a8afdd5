package io.ella.core.graph;

import io.ella.core.EllaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model's {@code forward} talks to while it is recorded.
 *
 * <p>Not thread-safe, and of no use once {@link Graph#record} has returned.
 */
public final class Recorder {
    private final String name;
    private final List<Value> values = new ArrayList<>();
    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final Map<String, Value> parameters = new LinkedHashMap<>();
    private final Map<String, Value> outputs = new LinkedHashMap<>();

    Recorder(String name) {
        this.name = name;
    }

    /** {@return the root of the parameter names} */
    public Params params() {
        return new Params(this, "");
    }

    /**
     * Declares an input of type {@link ElementType#COMPUTE}. Inputs are given in the order of their
     * declaration.
     *
     * @param name how messages call it
     * @param shape its sizes
     * @return the input
     */
    public Value input(String name, Dim... shape) {
        return input(name, ElementType.COMPUTE, shape);
    }

    /**
     * Declares an input.
     *
     * @param name how messages call it
     * @param type what its elements are
     * @param shape its sizes
     * @return the input
     */
    public Value input(String name, ElementType type, Dim... shape) {
        Value value = add(new Op.Input(name), List.of(), type, Arrays.asList(shape), Dim.of(0));
        if (inputs.putIfAbsent(name, value) != null) {
            throw new EllaException(
                    "graph " + this.name + " declares the input \"" + name + "\" twice");
        }
        return value;
    }

    /**
     * Names a result. Outputs come back in the order of their declaration.
     *
     * @param name how messages call it
     * @param value the result
     */
    public void output(String name, Value value) {
        if (outputs.putIfAbsent(name, value) != null) {
            throw new EllaException(
                    "graph " + this.name + " declares the output \"" + name + "\" twice");
        }
    }

    Value parameter(ParameterSpec spec) {
        Value known = parameters.get(spec.name());
        if (known != null) {
            ParameterSpec declared = ((Op.Parameter) known.op()).spec();
            if (!declared.equals(spec)) {
                throw new EllaException(
                        "graph "
                                + name
                                + " declares \""
                                + spec.name()
                                + "\" as "
                                + text(declared)
                                + " and as "
                                + text(spec));
            }
            return known;
        }
        List<Dim> shape = spec.shape().stream().map(Dim::of).toList();
        Value value = add(new Op.Parameter(spec), List.of(), spec.type(), shape, Dim.of(0));
        parameters.put(spec.name(), value);
        return value;
    }

    private static String text(ParameterSpec spec) {
        return (spec.type() == ElementType.COMPUTE ? "" : spec.type() + " ") + spec.shape();
    }

    Value add(Op op, List<Value> operands, ElementType type, List<Dim> shape, Dim flops) {
        for (Value operand : operands) {
            if (operand.recorder() != this) {
                throw new EllaException(
                        "a value of another graph was used while recording "
                                + name
                                + ": "
                                + operand);
            }
        }
        Value value = new Value(this, values.size(), op, operands, type, shape, flops);
        values.add(value);
        return value;
    }

    Graph finish() {
        if (outputs.isEmpty()) {
            throw new EllaException(
                    "graph " + name + " has no output; its forward must call output(name, value)");
        }
        return new Graph(
                name,
                List.copyOf(values),
                List.copyOf(inputs.values()),
                List.copyOf(parameters.values()),
                outputs);
    }
}
