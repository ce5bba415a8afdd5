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
    /**
     * Attention by products of oneDNN, where libtorch's fused attention would multiply by MKL.
     *
     * <p>Many queries and few keys have all their scores at once; fewer go to the fused one. To
     * many keys it is as many queries at a time as have scores that stay in the cache. The mean of
     * the keys changes no weight, but scores without it are smaller, so that less is lost when they
     * become bf16; the softmax computes in 32 bits.
     *
     * <p>Where heads are narrow and keys very many, most of the time is the softmax's. There oneDNN
     * applies sigmoid(s − c) to a score s before it is rounded: that is e^(s − c), within 3.4e-4
     * where s ≤ c − 8, and the sum that divides it comes from a column of ones beside the values. c
     * is 8 more than what the lengths of queries and keys, which are rounded, allow s to be. As
     * scores without the keys' mean have a mean of 0, the largest of a row is no less than that, so
     * a c of up to 64 leaves it far from underflow; beyond, softmax it is. With c known before,
     * keys are taken 4096 at a time, too, and their sums add up in 32 bits. oneDNN's layout is
     * given to them once, not for each part of the queries.
     */
    private static final String ATTEND =
            """
              def attend(self: __torch__.Model, q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
                batch = torch.size(q, 0)
                heads = torch.size(q, 1)
                keys = torch.size(k, 2)
                width = torch.size(q, 3)
                if torch.__and__(torch.lt(keys, 256), torch.lt(torch.size(q, 2), 1024)):
                  out = torch.scaled_dot_product_attention(q, k, v, None, 0., False, scale=scale)
                else:
                  mark = ops.profiler._record_function_enter_new("%s", None)
                  dense = torch.contiguous(k)
                  centred = torch.mul(torch.sub(dense, torch.mean(dense, [2], True)), scale)
                  if torch.lt(keys, 256):
                    scores = torch.matmul(q, torch.transpose(centred, 2, 3))
                    out = torch.matmul(torch.softmax(scores, -1), v)
                  else:
                    out = torch.empty_like(q)
                    rows = ops.prim.max(torch.floordiv(1048576, keys), 256)
                    if torch.__and__(torch.le(width, 64), torch.ge(keys, 2048)):
                      furthest = torch.amax(torch.linalg_vector_norm(q, 2, [-1]), [-1])
                      longest = torch.amax(torch.linalg_vector_norm(centred, 2, [-1]), [-1])
                      largest = torch.mul(torch.to(furthest, 6, False, False), longest)
                      bounds = torch.add(torch.ceil(torch.mul(largest, 1.01)), 8.)
                      counted = torch.cat([v, torch.ones([batch, heads, keys, 8], dtype=15)], 3)
                    else:
                      bounds = torch.full([batch, heads], 65., dtype=6)
                      counted = v
                    for b in range(batch):
                      for h in range(heads):
                        queries = torch.split(torch.select(torch.select(q, 0, b), 0, h), rows)
                        results = torch.split(torch.select(torch.select(out, 0, b), 0, h), rows)
                        head = torch.select(torch.select(centred, 0, b), 0, h)
                        values = torch.select(torch.select(counted, 0, b), 0, h)
                        bound = float(torch.select(torch.select(bounds, 0, b), 0, h))
                        if torch.le(bound, 64.):
                          shifts = torch.split(torch.full([keys], torch.neg(bound), dtype=15), 4096)
                          parts = torch.split(head, 4096)
                          packed = annotate(List[Tensor], [])
                          for j in range(torch.len(parts)):
                            _2 = torch.append(packed, ops.mkldnn._reorder_linear_weight(parts[j], rows))
                          valued = torch.split(values, 4096)
                          for i in range(torch.len(queries)):
                            sums = torch.zeros([])
                            for j in range(torch.len(packed)):
                              weights = ops.mkldnn._linear_pointwise(queries[i], packed[j], shifts[j], "sigmoid", [], "")
                              product = torch.mm(weights, valued[j])
                              if torch.eq(j, 0):
                                sums = product
                              else:
                                sums = torch.add(torch.to(sums, 6, False, False), product)
                            total = torch.narrow(sums, 1, width, 1)
                            _0 = torch.div(torch.narrow(sums, 1, 0, width), total, out=results[i])
                        else:
                          columns = torch.t(head)
                          values = torch.narrow(values, 1, 0, width)
                          for i in range(torch.len(queries)):
                            weights = torch.softmax(torch.mm(queries[i], columns), -1)
                            _0 = torch.copy_(results[i], torch.mm(weights, values))
                  _1 = ops.profiler._record_function_exit(mark)
                return out
            """
                    .formatted(Profile.ATTENTION);

    private final Map<String, Packing> packing;
    private final Map<Value, List<Value>> users;
    private final Set<Value> outputs;
    private final Set<Value> absorbed = new HashSet<>();

    /** Whether attention multiplies by oneDNN, some queries at a time. */
    private final boolean isChunked;

    private OneDnnLowering(Graph graph, Precision precision, Map<String, Packing> packing) {
        super(graph, precision, List.of());
        this.packing = packing;
        this.users = Packing.users(graph);
        this.outputs = Set.copyOf(graph.outputs());
        // Without AMX, libtorch's fused attention multiplies bf16 at a quarter of oneDNN's speed.
        this.isChunked =
                precision == Precision.BF16
                        && Torch.hasCpuFlag("avx512_bf16")
                        && !Torch.hasCpuFlag("amx_bf16");
        graph.values().forEach(this::absorb);
    }

    /**
     * {@return the definition of {@code forward}}
     *
     * @param packing how the weights are given
     */
    static String forward(Graph graph, Precision precision, Map<String, Packing> packing) {
        OneDnnLowering lowering = new OneDnnLowering(graph, precision, packing);
        boolean transforms =
                packing.values().stream().anyMatch(Packing.Transformed.class::isInstance);
        return lowering.write()
                + (lowering.isChunked ? ATTEND : "")
                + (transforms ? Winograd.CONVOLVE : "");
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

    @Override
    String attend(Value v, Op.Attention o, String factor) {
        String n = name(v);
        return isChunked && !o.hasMask() && !o.causal()
                ? "(self).attend(%sq, %sk, %sv, %s)".formatted(n, n, n, factor)
                : super.attend(v, o, factor);
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

    private boolean isConvolution(Value v) {
        return isPacked(v, Packing.Convolution.class) || isPacked(v, Packing.Transformed.class);
    }

    /** Whether a value is a convolution plus one number for each channel. */
    private boolean isBiased(Value v) {
        if (!(v.op() instanceof Op.Binary b) || b.function() != Op.BinaryFunction.ADD) {
            return false;
        }
        Value convolution = v.operands().get(0);
        Value summand = v.operands().get(1);
        return isConvolution(convolution)
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
        } else if (isConvolution(v)) {
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
        if (packing(layer) instanceof Packing.Transformed t) {
            return "(self).winograd(%s, %s, %s, %d)"
                    .formatted(x(layer, 0), given(t, layer, 0), bias, t.pixels());
        }
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
