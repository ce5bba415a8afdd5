package io.ella.core.graph;

import io.ella.core.EllaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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
    private final Map<String, Long> usual = new LinkedHashMap<>();

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
     * Says how large a symbolic size usually is: weights may be laid out for that. Any other is as
     * right.
     *
     * @param symbol the size
     * @param usually its value, 1 at least
     */
    public void usual(Dim symbol, long usually) {
        String name =
                symbol.asMultiple()
                        .map(Dim.Multiple::symbol)
                        .orElseThrow(() -> new EllaException(symbol + " is no symbol"));
        usual.put(name, usually);
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

    /**
     * Records another graph as a part of this one, its parameters below a place of their own.
     *
     * @param prefix the place, such as {@code unet}
     * @param part what to record
     * @param given its inputs, in its order
     * @return its outputs, in its order
     */
    public List<Value> inline(String prefix, Graph part, Value... given) {
        if (given.length != part.inputs().size()) {
            throw new EllaException(
                    "%s takes %d inputs, found %d"
                            .formatted(part.name(), part.inputs().size(), given.length));
        }
        Map<String, Dim> sizes = new LinkedHashMap<>();
        IdentityHashMap<Value, Value> copies = new IdentityHashMap<>();
        for (int i = 0; i < given.length; i++) {
            bind(part, part.inputs().get(i), given[i], sizes);
            copies.put(part.inputs().get(i), given[i]);
        }
        for (int i = 0; i < given.length; i++) {
            if (!with(part.inputs().get(i).shape(), sizes).equals(given[i].shape())) {
                throw misfit(part, part.inputs().get(i), given[i]);
            }
        }
        Params place = params().at(prefix);
        for (Value value : part.values()) {
            if (value.op() instanceof Op.Parameter p) {
                ParameterSpec spec = p.spec();
                String name = place.at(spec.name()).toString();
                copies.put(value, parameter(new ParameterSpec(name, spec.shape(), spec.type())));
            } else if (!(value.op() instanceof Op.Input)) {
                copies.put(value, copy(value, copies, sizes));
            }
        }
        return part.outputs().stream().map(v -> found(copies, v)).toList();
    }

    private static void bind(Graph part, Value declared, Value given, Map<String, Dim> sizes) {
        if (declared.rank() != given.rank() || declared.type() != given.type()) {
            throw misfit(part, declared, given);
        }
        for (int i = 0; i < given.rank(); i++) {
            Dim size = given.size(i);
            declared.size(i)
                    .asMultiple()
                    .ifPresent(m -> sizes.putIfAbsent(m.symbol(), size.dividedBy(m.factor())));
        }
    }

    private static EllaException misfit(Graph part, Value declared, Value given) {
        String input = ((Op.Input) declared.op()).name();
        return new EllaException(
                "%s: input \"%s\" is %s, expected %s"
                        .formatted(part.name(), input, given, declared));
    }

    private Value copy(Value value, IdentityHashMap<Value, Value> copies, Map<String, Dim> sizes) {
        Op op =
                value.op() instanceof Op.Slice slice
                        ? new Op.Slice(slice.dim(), slice.start().with(sizes))
                        : value.op();
        List<Value> operands = value.operands().stream().map(v -> found(copies, v)).toList();
        List<Dim> shape = with(value.shape(), sizes);
        return add(op, operands, value.type(), shape, value.flops().with(sizes));
    }

    private static Value found(IdentityHashMap<Value, Value> copies, Value original) {
        return Objects.requireNonNull(copies.get(original));
    }

    private static List<Dim> with(List<Dim> shape, Map<String, Dim> sizes) {
        return shape.stream().map(dim -> dim.with(sizes)).toList();
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
                outputs,
                usual);
    }
}
