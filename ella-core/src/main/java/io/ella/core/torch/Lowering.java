package io.ella.core.torch;

import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Value;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes a graph as TorchScript source for one precision.
 *
 * <p>{@code forward} takes the parameters as one dictionary and the inputs in order, and returns
 * the outputs as a list, in 32 bits where they are floating point.
 */
class Lowering {
    private static final int FLOAT32 = Precision.FP32.scalarType();
    private static final String NOTHING = "float(\"-inf\")";

    /**
     * Up to how many scores training keeps for the way back. It is several times as fast as the
     * gradient of fused attention, which computes them again.
     */
    private static final long KEPT_SCORES = 1L << 26;

    private final Graph graph;
    private final Precision precision;

    /** The parameters that learn, in the order of their gradients; none for inference. */
    private final List<Value> trained;

    private final StringBuilder code = new StringBuilder();

    Lowering(Graph graph, Precision precision, List<Value> trained) {
        this.graph = graph;
        this.precision = precision;
        this.trained = trained;
    }

    /** {@return the definition of {@code forward}} */
    static String forward(Graph graph, Precision precision) {
        return new Lowering(graph, precision, List.of()).write();
    }

    /**
     * {@return the definition of a {@code forward} that also adds the gradients of the first output
     * to the tensors of the list {@code g}}
     *
     * @param trained the parameters to differentiate by; given in 32 bits whatever the precision
     */
    static String backward(Graph graph, Precision precision, List<Value> trained) {
        return new Lowering(graph, precision, trained).write();
    }

    final String write() {
        code.append("  def forward(self: __torch__.Model, w: Dict[str, Tensor]");
        code.append(trained.isEmpty() ? "" : ", g: List[Tensor]");
        graph.inputs().forEach(v -> code.append(", ").append(name(v)).append(": Tensor"));
        code.append(") -> List[Tensor]:\n");
        symbols().forEach((symbol, size) -> line(symbol, size));
        for (Value input : graph.inputs()) {
            if (!trained.isEmpty()) {
                // What an inference program returned cannot be kept for the way back.
                line(name(input), call("clone", name(input)));
            }
            if (input.type() == ElementType.COMPUTE) {
                line(name(input), cast(input, precision.scalarType()));
            }
        }
        for (Value value : graph.values()) {
            if (!(value.op() instanceof Op.Input) && !isAbsorbed(value)) {
                line(name(value), expression(value));
            }
        }
        if (!trained.isEmpty()) {
            differentiate();
        }
        String results =
                graph.outputs().stream().map(this::result).collect(Collectors.joining(", "));
        return code.append("    return [").append(results).append("]\n").toString();
    }

    private void differentiate() {
        String leaves =
                trained.stream().map(Lowering::leaf).collect(Collectors.joining(", ", "[", "]"));
        String loss = name(graph.outputs().get(0));
        line("d", "torch.autograd.grad([" + loss + "], " + leaves + ")");
        code.append(
                """
                    for i in range(torch.len(d)):
                      di = d[i]
                      if torch.__isnot__(di, None):
                        _0 = torch.add_(g[i], unchecked_cast(Tensor, di))
                      else:
                        pass
                """);
    }

    /** The name of a parameter that learns, before it is cast to the precision. */
    private static String leaf(Value parameter) {
        return "p" + parameter.id();
    }

    private String parameter(Value v, Op.Parameter o) {
        String given = "w[\"" + o.spec().name() + "\"]";
        if (!trained.contains(v)) {
            return given;
        }
        line(leaf(v), call("requires_grad_", call("detach", given)));
        int type = v.type() == ElementType.FLOAT32 ? FLOAT32 : precision.scalarType();
        return "torch.to(" + leaf(v) + ", " + type + ", False, False)";
    }

    /** The symbolic sizes, each read off an input. */
    private Map<String, String> symbols() {
        Map<String, String> symbols = new TreeMap<>();
        for (Value input : graph.inputs()) {
            for (int i = 0; i < input.rank(); i++) {
                String size = "torch.size(" + name(input) + ", " + i + ")";
                input.size(i)
                        .asMultiple()
                        .ifPresent(
                                m ->
                                        symbols.putIfAbsent(
                                                m.symbol(),
                                                size + (m.factor() == 1 ? "" : "//" + m.factor())));
            }
        }
        return symbols;
    }

    /** Whether what uses the value computes it, so that it has no line of its own. */
    boolean isAbsorbed(Value value) {
        return false;
    }

    final void line(String target, String expression) {
        code.append("    ").append(target).append(" = ").append(expression).append('\n');
    }

    static String name(Value value) {
        return "v" + value.id();
    }

    private String result(Value value) {
        boolean isFloat =
                value.type() == ElementType.COMPUTE || value.type() == ElementType.FLOAT32;
        String result = isFloat ? cast(value, FLOAT32) : name(value);
        if (!trained.isEmpty()) {
            return call("clone", call("detach", result));
        }
        return isGiven(value) ? call("clone", result) : result;
    }

    /** Whether elements may lie in memory that is freed with an input or a parameter. */
    private static boolean isGiven(Value value) {
        Op op = value.op();
        boolean isView =
                op instanceof Op.Cast
                        || op instanceof Op.Reshape
                        || op instanceof Op.Slice
                        || op instanceof Op.Permute
                        || op instanceof Op.Expand
                        || op instanceof Op.ClampFp16
                        || (op instanceof Op.Affine o && o.factor() == 1 && o.summand() == 0);
        return op instanceof Op.Input
                || op instanceof Op.Parameter
                || (isView && isGiven(value.operands().get(0)));
    }

    private static String cast(Value value, int scalarType) {
        return "torch.to(" + name(value) + ", " + scalarType + ", False, False)";
    }

    /** The value's expression, after the lines that it needs. */
    String expression(Value v) {
        Op op = v.op();
        if (op instanceof Op.Parameter o) {
            return parameter(v, o);
        } else if (op instanceof Op.Unary o) {
            return unary(o.function(), x(v, 0));
        } else if (op instanceof Op.Binary o) {
            String function =
                    switch (o.function()) {
                        case ADD -> "add";
                        case SUBTRACT -> "sub";
                        case MULTIPLY -> "mul";
                        case DIVIDE -> "div";
                    };
            return call(function, x(v, 0), x(v, 1));
        } else if (op instanceof Op.Affine o) {
            String product = o.factor() == 1 ? x(v, 0) : call("mul", x(v, 0), number(o.factor()));
            return o.summand() == 0 ? product : call("add", product, number(o.summand()));
        } else if (op instanceof Op.Clamp o) {
            return call("clamp", x(v, 0), number(o.min()), number(o.max()));
        } else if (op instanceof Op.ClampFp16) {
            return precision == Precision.FP16
                    ? call("clamp", x(v, 0), "-64504.", "64504.")
                    : x(v, 0);
        } else if (op instanceof Op.Linear o) {
            return o.hasBias()
                    ? call("linear", x(v, 0), x(v, 1), x(v, 2))
                    : call("linear", x(v, 0), x(v, 1));
        } else if (op instanceof Op.Conv2d o) {
            return call(
                    "conv2d",
                    x(v, 0),
                    x(v, 1),
                    bias(v),
                    pair(o.stride()),
                    pair(o.padding()),
                    pair(1),
                    "1");
        } else if (op instanceof Op.GroupNorm o) {
            // Row-major in training: see Trainer.
            String x = trained.isEmpty() ? x(v, 0) : call("contiguous", x(v, 0));
            return call("group_norm", x, "" + o.groups(), x(v, 1), x(v, 2), number(o.eps()));
        } else if (op instanceof Op.LayerNorm o) {
            String weight = o.affine() ? x(v, 1) : "None";
            String bias = o.affine() ? x(v, 2) : "None";
            return call(
                    "layer_norm", x(v, 0), "[" + v.size(-1) + "]", weight, bias, number(o.eps()));
        } else if (op instanceof Op.RmsNorm o) {
            return rmsNorm(v, o);
        } else if (op instanceof Op.Attention o) {
            return attention(v, o);
        } else if (op instanceof Op.Rope o) {
            return rope(v, o);
        } else if (op instanceof Op.Sinusoid o) {
            return sinusoid(v, o);
        } else if (op instanceof Op.Embedding) {
            return call("embedding", x(v, 1), x(v, 0));
        } else if (op instanceof Op.Mean) {
            return call("mean", x(v, 0));
        } else if (op instanceof Op.CrossEntropy) {
            String ignored = "" + Op.CrossEntropy.IGNORED;
            return call("cross_entropy_loss", x(v, 0), x(v, 1), "None", "1", ignored, "0.");
        } else if (op instanceof Op.Softmax o) {
            return call("softmax", x(v, 0), "" + o.dim());
        } else if (op instanceof Op.MatMul) {
            return call("matmul", x(v, 0), x(v, 1));
        } else if (op instanceof Op.Concat o) {
            String all =
                    v.operands().stream().map(Lowering::name).collect(Collectors.joining(", "));
            return call("cat", "[" + all + "]", "" + o.dim());
        } else if (op instanceof Op.Slice o) {
            return call("narrow", x(v, 0), "" + o.dim(), "" + o.start(), "" + v.size(o.dim()));
        } else if (op instanceof Op.Reshape) {
            return call("reshape", x(v, 0), sizes(v.shape()));
        } else if (op instanceof Op.Expand) {
            return call("expand", x(v, 0), sizes(v.shape()));
        } else if (op instanceof Op.Permute o) {
            return call("permute", x(v, 0), o.order().toString());
        } else if (op instanceof Op.AveragePool2d) {
            return call("avg_pool2d", x(v, 0), "[2, 2]", "[2, 2]", "[0, 0]", "True", "False");
        } else if (op instanceof Op.UpsampleNearest) {
            return call(
                    "upsample_nearest2d", x(v, 0), sizes(v.shape().subList(2, 4)), "None", "None");
        } else if (op instanceof Op.ZeroPad2d o) {
            List<Integer> sides = List.of(o.left(), o.right(), o.top(), o.bottom());
            return call("constant_pad_nd", x(v, 0), sides.toString(), "0");
        } else if (op instanceof Op.MaskOut) {
            return call("masked_fill", x(v, 0), call("logical_not", x(v, 1)), NOTHING);
        } else if (op instanceof Op.Cast) {
            int to = v.type() == ElementType.FLOAT32 ? FLOAT32 : precision.scalarType();
            return cast(v.operands().get(0), to);
        }
        throw new IllegalStateException("no lowering of " + op);
    }

    /** The bias of a layer, or none. */
    final String bias(Value layer) {
        return layer.operands().size() == 3 ? x(layer, 2) : "None";
    }

    private String unary(Op.UnaryFunction function, String x) {
        return switch (function) {
            case SILU -> call("silu", x);
            case GELU -> call("gelu", x);
            case GELU_TANH -> precision == Precision.FP32 ? geluNew(x) : geluTanh(x);
            case QUICK_GELU -> call("mul", x, call("sigmoid", call("mul", x, "1.702")));
            case RELU -> call("relu", x);
            case TANH -> call("tanh", x);
            case SQUARE -> call("square", x);
            case NEGATE -> call("neg", x);
            case EXP -> call("exp", x);
            case SQRT -> call("sqrt", x);
            case ABS -> call("abs", x);
        };
    }

    private static String geluTanh(String x) {
        return "torch.gelu(" + x + ", approximate=\"tanh\")";
    }

    /**
     * GELU's approximation in the steps of transformers' {@code NewGELUActivation}, which round
     * differently: a deep T5 makes 3e-4 of that.
     */
    private static String geluNew(String x) {
        String cube = call("mul", call("pow", x, "3."), number(0.044715));
        String inner = call("mul", call("add", x, cube), number(Math.sqrt(2 / Math.PI)));
        String factor = call("add", call("tanh", inner), "1.");
        return call("mul", call("mul", x, "0.5"), factor);
    }

    private String rmsNorm(Value v, Op.RmsNorm o) {
        String f = name(v) + "f";
        line(f, cast(v.operands().get(0), FLOAT32));
        String mean = "torch.mean(" + call("square", f) + ", [-1], True)";
        line(f, call("mul", f, call("rsqrt", call("add", mean, number(o.eps())))));
        return call(
                "mul",
                x(v, 1),
                "torch.to(" + f + ", " + precision.scalarType() + ", False, False)");
    }

    private String attention(Value v, Op.Attention o) {
        Value q = v.operands().get(0);
        Value k = v.operands().get(1);
        Dim width = Dim.of(q.size(-1).constant() / o.heads());
        String n = name(v);
        line(n + "q", heads(x(v, 0), q, o.heads(), width));
        line(n + "k", keys(x(v, 1), k, o, width));
        line(n + "v", keys(x(v, 2), k, o, width));
        double factor = o.scale().orElse(1 / Math.sqrt((double) width.constant()));
        String fused = attend(v, o, number(factor));
        if (trained.isEmpty()) {
            line(n, fused);
        } else {
            Dim scores = q.size(0).times(o.heads()).times(q.size(1)).times(k.size(1));
            code.append("    if torch.le(").append(scores).append(", " + KEPT_SCORES + "):\n  ");
            line(n + "s", call("matmul", n + "q", call("transpose", n + "k", "-2", "-1")));
            code.append("  ");
            line(n + "s", masked(call("mul", n + "s", number(factor)), v, o));
            code.append("  ");
            line(n + "o", call("matmul", call("softmax", n + "s", "-1"), n + "v"));
            code.append("    else:\n  ");
            line(n + "o", fused);
            line(n, n + "o");
        }
        return call("reshape", call("transpose", n, "1", "2"), sizes(v.shape()));
    }

    /** Attention of {@code …q} to {@code …k} and {@code …v}, each [B, heads, length, width]. */
    String attend(Value v, Op.Attention o, String factor) {
        String n = name(v);
        String mask = o.hasMask() ? x(v, 3) : "None";
        return "torch.scaled_dot_product_attention(%sq, %sk, %sv, %s, 0., %s, scale=%s)"
                .formatted(n, n, n, mask, o.causal() ? "True" : "False", factor);
    }

    /** Scores of which the hidden ones are -∞. */
    private static String masked(String scores, Value v, Op.Attention o) {
        if (o.hasMask()) {
            boolean isBool = v.operands().get(3).type() == ElementType.BOOL;
            return isBool
                    ? call("masked_fill", scores, call("logical_not", x(v, 3)), NOTHING)
                    : call("add", scores, x(v, 3));
        }
        if (!o.causal()) {
            return scores;
        }
        String ones = "torch.ones_like(" + name(v) + "s, dtype=11)";
        return call("masked_fill", scores, call("triu", ones, "1"), NOTHING);
    }

    /** [B, L, heads·d] as [B, heads, L, d], without a copy. */
    private static String heads(String x, Value value, int heads, Dim width) {
        List<Dim> split = List.of(value.size(0), value.size(1), Dim.of(heads), width);
        return call("transpose", call("reshape", x, sizes(split)), "1", "2");
    }

    /** Keys or values by head, each repeated for the queries that share it. */
    private static String keys(String x, Value value, Op.Attention o, Dim width) {
        String split = heads(x, value, o.kvHeads(), width);
        if (o.kvHeads() == o.heads()) {
            return split;
        }
        Dim group = Dim.of(o.heads() / o.kvHeads());
        List<Dim> repeated =
                List.of(value.size(0), Dim.of(o.kvHeads()), group, value.size(1), width);
        List<Dim> merged = List.of(value.size(0), Dim.of(o.heads()), value.size(1), width);
        return call(
                "reshape",
                call("expand", call("unsqueeze", split, "2"), sizes(repeated)),
                sizes(merged));
    }

    private String rope(Value v, Op.Rope o) {
        long width = v.size(-1).constant() / o.heads();
        long half = width / 2;
        String n = name(v);
        List<Dim> split = List.of(v.size(0), v.size(1), Dim.of(o.heads()), Dim.of(width));
        line(n + "x", call("reshape", x(v, 0), sizes(split)));
        String first = call("narrow", n + "x", "-1", "0", "" + half);
        String second = call("narrow", n + "x", "-1", "" + half, "" + half);
        line(n + "r", call("cat", "[" + call("neg", second) + ", " + first + "]", "-1"));
        String cos = call("mul", n + "x", call("unsqueeze", x(v, 1), "1"));
        String sin = call("mul", n + "r", call("unsqueeze", x(v, 2), "1"));
        return call("reshape", call("add", cos, sin), sizes(v.shape()));
    }

    private String sinusoid(Value v, Op.Sinusoid o) {
        int half = o.width() / 2;
        String n = name(v);
        // Computed in 32 bits step by step as the reference does: the angles go up to 1000.
        String arange =
                "torch.arange(0, "
                        + half
                        + ", 1, dtype="
                        + FLOAT32
                        + ", device=ops.prim.device("
                        + x(v, 0)
                        + "))";
        line(n + "f", call("mul", arange, number(-Math.log(10000))));
        line(n + "f", call("exp", call("div", n + "f", number(half - o.freqShift()))));
        line(
                n + "f",
                call("mul", call("unsqueeze", x(v, 0), "1"), call("unsqueeze", n + "f", "0")));
        String cos = call("cos", n + "f");
        String sin = call("sin", n + "f");
        return call(
                "cat",
                o.flipSinToCos() ? "[" + cos + ", " + sin + "]" : "[" + sin + ", " + cos + "]",
                "-1");
    }

    static String x(Value v, int operand) {
        return name(v.operands().get(operand));
    }

    static String call(String function, String... arguments) {
        return "torch." + function + "(" + String.join(", ", arguments) + ")";
    }

    static String pair(int value) {
        return "[" + value + ", " + value + "]";
    }

    private static String sizes(List<Dim> shape) {
        return shape.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.17e", value);
    }
}
