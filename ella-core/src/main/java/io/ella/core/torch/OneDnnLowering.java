package io.ella.core.torch;

import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Lowers for inference on the CPU: convolutions and linear layers whose weights are {@linkplain
 * Packing packed} become calls of oneDNN, and take in what follows them where that pays: an
 * activation, a bias that is computed. (A residual or a factor does not: oneDNN reads it no faster
 * than an operation of its own.) These calls have no derivative.
 */
final class OneDnnLowering extends Lowering {
    private final Map<String, Packing> packing;
    private final Map<Value, List<Value>> users;
    private final Set<Value> outputs;
    private final Set<Value> absorbed = new HashSet<>();

    /** Without AMX, libtorch's attention multiplies bf16 slower than 32 bits. */
    private final boolean widens;

    private OneDnnLowering(Graph graph, Precision precision, Map<String, Packing> packing) {
        super(graph, precision, List.of());
        this.packing = packing;
        this.users = Packing.users(graph);
        this.outputs = Set.copyOf(graph.outputs());
        this.widens = precision == Precision.BF16 && !Torch.hasCpuFlag("amx_bf16");
        graph.values().forEach(this::absorb);
    }

    /**
     * {@return the definition of {@code forward}}
     *
     * @param packing how the weights are given
     */
    static String forward(Graph graph, Precision precision, Map<String, Packing> packing) {
        return new OneDnnLowering(graph, precision, packing).write();
    }

    private void absorb(Value v) {
        if (v.op() instanceof Op.Parameter p && packing.containsKey(p.spec().name())) {
            absorbed.add(v); // read where it is used
        } else if (isPacked(v, Packing.Linear.class) && packing(v).parts() > 1) {
            absorbed.add(v); // each slice is a layer of its own
        } else if (isGelu(v) && isLayer(v.operands().get(0))) {
            absorbed.add(v.operands().get(0));
        } else if (isBiased(v)) {
            absorbed.add(v.operands().get(0));
        }
    }

    @Override
    boolean isAbsorbed(Value value) {
        return absorbed.contains(value);
    }

    /** A mask would have to be widened too; nothing large has one. */
    @Override
    boolean attendsInFloat32(Op.Attention attention) {
        return widens && !attention.hasMask();
    }

    private Packing packing(Value layer) {
        return Objects.requireNonNull(packing.get(weight(layer)));
    }

    private static String weight(Value layer) {
        return ((Op.Parameter) layer.operands().get(1).op()).spec().name();
    }

    private boolean isPacked(Value v, Class<? extends Packing> kind) {
        return v.operands().size() > 1
                && v.operands().get(1).op() instanceof Op.Parameter p
                && kind.isInstance(packing.get(p.spec().name()));
    }

    private boolean isUsedOnce(Value v) {
        return users.getOrDefault(v, List.of()).size() == 1 && !outputs.contains(v);
    }

    private static boolean isGelu(Value v) {
        return v.op() instanceof Op.Unary u
                && (u.function() == Op.UnaryFunction.GELU
                        || u.function() == Op.UnaryFunction.GELU_TANH);
    }

    /** Whether a value is a packed linear layer, or a part of one, that only one other uses. */
    private boolean isLayer(Value v) {
        boolean isPart =
                v.op() instanceof Op.Slice
                        && isPacked(v.operands().get(0), Packing.Linear.class)
                        && packing(v.operands().get(0)).parts() > 1;
        boolean isWhole = isPacked(v, Packing.Linear.class) && packing(v).parts() == 1;
        return (isPart || isWhole) && isUsedOnce(v);
    }

    /** Whether a value is a convolution plus one number for each channel. */
    private boolean isBiased(Value v) {
        if (!(v.op() instanceof Op.Binary b) || b.function() != Op.BinaryFunction.ADD) {
            return false;
        }
        Value convolution = v.operands().get(0);
        Value summand = v.operands().get(1);
        return isPacked(convolution, Packing.Convolution.class)
                && isUsedOnce(convolution)
                && summand.rank() == 4
                && summand.size(1).equals(convolution.size(1))
                && List.of(0, 2, 3).stream().allMatch(d -> summand.size(d).toString().equals("1"));
    }

    @Override
    String expression(Value v) {
        if (isGelu(v) && isLayer(v.operands().get(0))) {
            boolean tanh = ((Op.Unary) v.op()).function() == Op.UnaryFunction.GELU_TANH;
            return layer(
                    v.operands().get(0),
                    "_linear_pointwise(%s, %s, %s, \"gelu\", [], \""
                            + (tanh ? "tanh" : "none")
                            + "\")");
        } else if (isPacked(v, Packing.Linear.class)
                || (v.op() instanceof Op.Slice && isAbsorbed(v.operands().get(0)))) {
            return layer(v, "_linear_pointwise(%s, %s, %s, \"none\", [], \"\")");
        } else if (isBiased(v)) {
            Value convolution = v.operands().get(0);
            String summand = call("reshape", x(v, 1), "[" + v.size(1) + "]");
            boolean alone = convolution.operands().size() == 2;
            return convolution(
                    v, convolution, alone ? summand : call("add", bias(convolution), summand));
        } else if (isPacked(v, Packing.Convolution.class)) {
            return convolution(v, v, bias(v));
        }
        return super.expression(v);
    }

    /** Fills in operand, weight and bias. */
    private String layer(Value v, String call) {
        Value layer = v.op() instanceof Op.Slice ? v.operands().get(0) : v;
        Packing packed = packing(layer);
        int part = packed.parts() == 1 ? 0 : Packing.part(layer, v, packed.parts());
        long width = v.size(-1).constant();
        String bias = bias(layer);
        if (layer.operands().size() == 3 && packed.parts() > 1) {
            bias = call("narrow", bias, "0", "" + part * width, "" + width);
        }
        return "ops.mkldnn." + call.formatted(x(layer, 0), given(packed, layer, part), bias);
    }

    private static String given(Packing packed, Value layer, int part) {
        return "w[\"" + packed.key(weight(layer), part) + "\"]";
    }

    /** A convolution over parts of the channels adds up in place. */
    private String convolution(Value v, Value layer, String bias) {
        Packing.Convolution packed = (Packing.Convolution) packing(layer);
        String geometry = pair(packed.padding()) + ", " + pair(packed.stride()) + ", [1, 1], 1";
        String first =
                "ops.mkldnn._convolution_pointwise(%s, %s, %s, "
                        + geometry
                        + ", \"none\", [], \"\")";
        if (packed.parts() == 1) {
            return first.formatted(x(layer, 0), given(packed, layer, 0), bias);
        }
        long channels = layer.operands().get(0).size(1).constant() / packed.parts();
        String sum = name(v) + "s";
        for (int i = 0; i < packed.parts(); i++) {
            String x = call("narrow", x(layer, 0), "1", "" + i * channels, "" + channels);
            String w = given(packed, layer, i);
            line(
                    sum,
                    i == 0
                            ? first.formatted(x, w, bias)
                            : "ops.mkldnn._convolution_pointwise_("
                                    + sum
                                    + ", "
                                    + x
                                    + ", "
                                    + w
                                    + ", None, "
                                    + geometry
                                    + ", \"add\", 1., None, [], None)");
        }
        return sum;
    }
}
