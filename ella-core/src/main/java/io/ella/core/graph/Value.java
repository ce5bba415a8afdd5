package io.ella.core.graph;

import io.ella.core.EllaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A tensor that does not exist yet: its shape, its type and how it is computed.
 *
 * <p>Each method records one operation and returns its result; operands that do not fit are refused
 * there and then, with both shapes in the message. Dimensions may be counted from the end: -1 is
 * the last. Immutable; use a value only while its graph is recorded.
 */
public final class Value {
    private final Recorder recorder;
    private final int id;
    private final Op op;
    private final List<Value> operands;
    private final ElementType type;
    private final List<Dim> shape;
    private final Dim flops;

    Value(
            Recorder recorder,
            int id,
            Op op,
            List<Value> operands,
            ElementType type,
            List<Dim> shape,
            Dim flops) {
        this.recorder = recorder;
        this.id = id;
        this.op = op;
        this.operands = List.copyOf(operands);
        this.type = type;
        this.shape = List.copyOf(shape);
        this.flops = flops;
    }

    // ---- what it is ----

    /** {@return the position in {@link Graph#values()}} */
    public int id() {
        return id;
    }

    /** {@return how it is computed} */
    public Op op() {
        return op;
    }

    /** {@return from what it is computed} */
    public List<Value> operands() {
        return operands;
    }

    /** {@return what its elements are} */
    public ElementType type() {
        return type;
    }

    /** {@return its sizes, outermost first} */
    public List<Dim> shape() {
        return shape;
    }

    /** {@return the number of dimensions} */
    public int rank() {
        return shape.size();
    }

    /**
     * {@return one size}
     *
     * @param dim which; negative counts from the end
     */
    public Dim size(int dim) {
        return shape.get(index(dim));
    }

    /** {@return multiplications and additions of this operation alone} */
    public Dim flops() {
        return flops;
    }

    long bytes(Map<String, Long> symbols, int computeBytes) {
        long elements = 1;
        for (Dim size : shape) {
            elements *= size.value(symbols);
        }
        return elements
                * switch (type) {
                    case COMPUTE -> computeBytes;
                    case FLOAT32 -> Float.BYTES;
                    case INT64 -> Long.BYTES;
                    case BOOL -> 1;
                };
    }

    Recorder recorder() {
        return recorder;
    }

    // ---- element-wise ----

    /** {@return {@code x · sigmoid(x)}} */
    public Value silu() {
        return unary(Op.UnaryFunction.SILU);
    }

    /** {@return {@code x · Φ(x)}, by the error function} */
    public Value gelu() {
        return unary(Op.UnaryFunction.GELU);
    }

    /**
     * {@return an element-wise function}
     *
     * @param function which
     */
    public Value unary(Op.UnaryFunction function) {
        requireFloat("an element-wise function");
        return same(new Op.Unary(function));
    }

    /**
     * {@return {@code this + other}, broadcast}
     *
     * @param other the other summand
     */
    public Value add(Value other) {
        return binary(Op.BinaryFunction.ADD, other);
    }

    /**
     * {@return {@code this - other}, broadcast}
     *
     * @param other what is taken away
     */
    public Value sub(Value other) {
        return binary(Op.BinaryFunction.SUBTRACT, other);
    }

    /**
     * {@return {@code this · other}, element-wise, broadcast}
     *
     * @param other the other factor
     */
    public Value mul(Value other) {
        return binary(Op.BinaryFunction.MULTIPLY, other);
    }

    /**
     * {@return {@code this / other}, element-wise, broadcast}
     *
     * @param other the divisor
     */
    public Value div(Value other) {
        return binary(Op.BinaryFunction.DIVIDE, other);
    }

    /**
     * {@return {@code this + summand}}
     *
     * @param summand added to every element
     */
    public Value add(double summand) {
        return same(new Op.Affine(1, summand));
    }

    /**
     * {@return {@code this · factor}}
     *
     * @param factor of every element
     */
    public Value mul(double factor) {
        return same(new Op.Affine(factor, 0));
    }

    /**
     * {@return this with every element limited}
     *
     * @param min the least
     * @param max the most
     */
    public Value clamp(double min, double max) {
        return same(new Op.Clamp(min, max));
    }

    /** {@return the mean of all elements, without dimensions} */
    public Value mean() {
        requireFloat("a mean");
        return unaryOf(new Op.Mean(), List.of());
    }

    /**
     * {@return the mean cross-entropy of these logits [N, C] in 32 bits, without dimensions}
     *
     * @param targets the right class of each row, INT64 [N]; {@link Op.CrossEntropy#IGNORED} for
     *     rows that do not count
     */
    public Value crossEntropy(Value targets) {
        boolean fits =
                rank() == 2
                        && type == ElementType.FLOAT32
                        && targets.type == ElementType.INT64
                        && targets.shape.equals(List.of(size(0)));
        if (!fits) {
            throw misfit(
                    "cross-entropy of",
                    targets,
                    "logits are [N, C] in 32 bits, targets one INT64 for each row");
        }
        return recorder.add(
                new Op.CrossEntropy(), List.of(this, targets), type, List.of(), Dim.of(0));
    }

    /** {@return this, kept clear of the infinities of fp16 where that is the target} */
    public Value clampFp16() {
        return same(new Op.ClampFp16());
    }

    /** {@return this in 32 bits} */
    public Value toFloat32() {
        return cast(ElementType.FLOAT32);
    }

    /** {@return this in the precision of the target} */
    public Value toCompute() {
        return cast(ElementType.COMPUTE);
    }

    private Value cast(ElementType to) {
        return type == to ? this : recorder.add(new Op.Cast(), List.of(this), to, shape, Dim.of(0));
    }

    private Value unaryOf(Op operation, List<Dim> result) {
        return recorder.add(operation, List.of(this), type, result, Dim.of(0));
    }

    private Value same(Op operation) {
        return unaryOf(operation, shape);
    }

    private Value binary(Op.BinaryFunction function, Value other) {
        if (type != other.type) {
            throw misfit(
                    function + " of",
                    other,
                    "both must have the same element type; convert one with toCompute() or toFloat32()");
        }
        return recorder.add(
                new Op.Binary(function),
                List.of(this, other),
                type,
                broadcast(function, other),
                Dim.of(0));
    }

    private List<Dim> broadcast(Op.BinaryFunction function, Value other) {
        Dim one = Dim.of(1);
        List<Dim> result = new ArrayList<>();
        for (int i = 1; i <= Math.max(rank(), other.rank()); i++) {
            Dim a = i <= rank() ? size(-i) : one;
            Dim b = i <= other.rank() ? other.size(-i) : one;
            if (!a.equals(b) && !a.equals(one) && !b.equals(one)) {
                throw misfit(function + " of", other, a + " and " + b + " differ and neither is 1");
            }
            result.add(a.equals(one) ? b : a);
        }
        Collections.reverse(result);
        return result;
    }

    // ---- layers ----

    /**
     * Linear layer with bias: declares {@code weight} [out, in] and {@code bias} [out].
     *
     * @param p where the parameters are
     * @param out the width of the result
     * @return [.., out]
     */
    public Value linear(Params p, long out) {
        return linear(p.tensor("weight", out, lastSize("linear")), p.tensor("bias", out));
    }

    /**
     * Linear layer without bias: declares {@code weight} [out, in].
     *
     * @param p where the parameter is
     * @param out the width of the result
     * @return [.., out]
     */
    public Value linearNoBias(Params p, long out) {
        return linear(p.tensor("weight", out, lastSize("linear")));
    }

    /**
     * Linear layer without bias.
     *
     * @param weight [out, in]
     * @return [.., out]
     */
    public Value linear(Value weight) {
        return linearOf(List.of(this, weight));
    }

    /**
     * Linear layer.
     *
     * @param weight [out, in]
     * @param bias [out]
     * @return [.., out]
     */
    public Value linear(Value weight, Value bias) {
        if (bias.rank() != 1 || !bias.size(0).equals(weight.size(0))) {
            throw weight.misfit(
                    "a linear layer with weight",
                    bias,
                    "the bias has one element for each row of the weight");
        }
        return linearOf(List.of(this, weight, bias));
    }

    private Value linearOf(List<Value> all) {
        Value weight = all.get(1);
        if (rank() < 1 || weight.rank() != 2 || !size(-1).equals(weight.size(1))) {
            throw misfit(
                    "a linear layer of",
                    weight,
                    "the weight is [out, in], with in the last size of the operand");
        }
        List<Dim> result = new ArrayList<>(shape);
        result.set(rank() - 1, weight.size(0));
        Dim work = product(shape).times(weight.size(0)).times(2);
        return recorder.add(new Op.Linear(all.size() == 3), all, type, result, work);
    }

    /**
     * 2-D convolution with stride 1 that keeps height and width: declares {@code weight} [out, in,
     * kernel, kernel] and {@code bias} [out].
     *
     * @param p where the parameters are
     * @param out channels of the result
     * @param kernel odd width and height
     * @return [B, out, H, W]
     */
    public Value conv2d(Params p, long out, int kernel) {
        return conv2d(p, out, kernel, 1, kernel / 2);
    }

    /**
     * 2-D convolution: declares {@code weight} [out, in, kernel, kernel] and {@code bias} [out].
     *
     * @param p where the parameters are
     * @param out channels of the result
     * @param kernel width and height
     * @param stride in both directions
     * @param padding zeros on all four sides
     * @return [B, out, H', W']
     */
    public Value conv2d(Params p, long out, int kernel, int stride, int padding) {
        return conv2d(p, out, kernel, stride, padding, true);
    }

    /**
     * 2-D convolution without bias, with stride 1, that keeps height and width: declares {@code
     * weight} [out, in, kernel, kernel].
     *
     * @param p where the parameter is
     * @param out channels of the result
     * @param kernel odd width and height
     * @return [B, out, H, W]
     */
    public Value conv2dNoBias(Params p, long out, int kernel) {
        return conv2d(p, out, kernel, 1, kernel / 2, false);
    }

    private Value conv2d(
            Params p, long out, int kernel, int stride, int padding, boolean withBias) {
        requireRank(4, "a convolution");
        long in = size(1).constant();
        Value weight = p.tensor("weight", out, in, kernel, kernel);
        Dim height = size(2).plus(2L * padding - kernel).dividedBy(stride).plus(1);
        Dim width = size(3).plus(2L * padding - kernel).dividedBy(stride).plus(1);
        Dim work = size(0).times(height).times(width).times(2 * out * in * kernel * kernel);
        return recorder.add(
                new Op.Conv2d(kernel, stride, padding),
                withBias ? List.of(this, weight, p.tensor("bias", out)) : List.of(this, weight),
                type,
                List.of(size(0), Dim.of(out), height, width),
                work);
    }

    /**
     * Group normalization of [B, C, ..]: declares {@code weight} [C] and {@code bias} [C].
     *
     * @param p where the parameters are
     * @param groups divides C
     * @param eps added to the variance
     * @return the same shape
     */
    public Value groupNorm(Params p, int groups, double eps) {
        long channels = rank() < 2 ? 0 : size(1).constant();
        if (groups < 1 || channels % groups != 0 || channels == 0) {
            throw new EllaException(
                    "group norm of "
                            + this
                            + " in "
                            + groups
                            + " groups: the channels must be a multiple of the groups");
        }
        List<Value> all = List.of(this, p.tensor("weight", channels), p.tensor("bias", channels));
        return recorder.add(new Op.GroupNorm(groups, eps), all, type, shape, Dim.of(0));
    }

    /**
     * Layer normalization over the last dimension: declares {@code weight} and {@code bias}.
     *
     * @param p where the parameters are
     * @param eps added to the variance
     * @return the same shape
     */
    public Value layerNorm(Params p, double eps) {
        long width = lastSize("layer norm");
        List<Value> all = List.of(this, p.tensor("weight", width), p.tensor("bias", width));
        return recorder.add(new Op.LayerNorm(true, eps), all, type, shape, Dim.of(0));
    }

    /**
     * Layer normalization over the last dimension, without parameters.
     *
     * @param eps added to the variance
     * @return the same shape
     */
    public Value layerNorm(double eps) {
        lastSize("layer norm");
        return same(new Op.LayerNorm(false, eps));
    }

    /**
     * Root-mean-square normalization over the last dimension: declares {@code weight}.
     *
     * @param p where the parameter is
     * @param eps added to the mean square
     * @return the same shape, in the precision of the target
     */
    public Value rmsNorm(Params p, double eps) {
        requireFloat("RMS norm");
        List<Value> all = List.of(this, p.tensor("weight", lastSize("RMS norm")));
        return recorder.add(new Op.RmsNorm(eps), all, ElementType.COMPUTE, shape, Dim.of(0));
    }

    /**
     * Multi-head attention; this holds the queries, [B, L, heads·d].
     *
     * @param keys [B, S, kvHeads·d]
     * @param values [B, S, kvHeads·d]
     * @param options heads, scale, mask
     * @return [B, L, heads·d]
     */
    public Value attention(Value keys, Value values, AttentionOptions options) {
        int heads = options.heads();
        int kvHeads = options.kvHeads();
        requireRank(3, "attention");
        keys.requireRank(3, "attention");
        long width = lastSize("attention");
        boolean divides = heads > 0 && kvHeads > 0 && heads % kvHeads == 0 && width % heads == 0;
        if (!divides || keys.lastSize("attention") != width / heads * kvHeads) {
            throw misfit(
                    "attention with " + heads + " heads (" + kvHeads + " of keys and values) of",
                    keys,
                    "the last sizes must be heads times one head width");
        }
        if (!keys.shape.equals(values.shape) || !keys.size(0).equals(size(0))) {
            throw keys.misfit(
                    "attention over keys",
                    values,
                    "keys and values have the same shape, and the batch of the queries");
        }
        List<Value> all = new ArrayList<>(List.of(this, keys, values));
        Value mask = options.mask();
        if (mask != null) {
            all.add(mask);
        }
        Op operation =
                new Op.Attention(heads, kvHeads, options.scale(), options.causal(), mask != null);
        Dim work = size(0).times(size(1)).times(keys.size(1)).times(4 * width);
        return recorder.add(operation, all, type, shape, work);
    }

    /**
     * Rotary position embedding, half-split convention, of [B, L, heads·d].
     *
     * @param cos [L, d]
     * @param sin [L, d]
     * @param heads how many
     * @return the same shape
     */
    public Value rope(Value cos, Value sin, int heads) {
        requireRank(3, "rotary embedding");
        List<Dim> table = List.of(size(1), Dim.of(lastSize("rotary embedding") / heads));
        if (!cos.shape.equals(table) || !sin.shape.equals(table)) {
            throw misfit("rotary embedding of", cos, "the tables are " + table);
        }
        return recorder.add(new Op.Rope(heads), List.of(this, cos, sin), type, shape, Dim.of(0));
    }

    /**
     * Sinusoidal embedding of timesteps [N].
     *
     * @param width of the embedding, even
     * @param flipSinToCos cosines before sines
     * @param freqShift the {@code downscale_freq_shift} of diffusers
     * @return [N, width], in 32 bits
     */
    public Value sinusoid(int width, boolean flipSinToCos, double freqShift) {
        requireRank(1, "a timestep embedding");
        if (type != ElementType.FLOAT32 || width < 2 || width % 2 != 0) {
            throw new EllaException(
                    "a timestep embedding of "
                            + this
                            + ", width "
                            + width
                            + ": the timesteps are FLOAT32, the width is even");
        }
        return unaryOf(
                new Op.Sinusoid(width, flipSinToCos, freqShift), List.of(size(0), Dim.of(width)));
    }

    /**
     * Rows of a table; this holds the row numbers (INT64).
     *
     * @param p where the table ({@code weight}, [rows, width]) is
     * @param rows how many the table has
     * @param width of each
     * @return [.., width]
     */
    public Value embedding(Params p, long rows, long width) {
        return embedding(p.tensor("weight", rows, width));
    }

    /**
     * Rows of a table that is itself a value; this holds the row numbers (INT64).
     *
     * @param table [rows, width]
     * @return [.., width], with the element type of the table
     */
    public Value embedding(Value table) {
        if (type != ElementType.INT64) {
            throw new EllaException("rows of a table are looked up by INT64, found " + this);
        }
        table.requireRank(2, "looking up rows");
        List<Dim> result = new ArrayList<>(shape);
        result.add(table.size(1));
        return recorder.add(
                new Op.Embedding(), List.of(this, table), table.type, result, Dim.of(0));
    }

    /**
     * {@return softmax over one dimension}
     *
     * @param dim which
     */
    public Value softmax(int dim) {
        requireFloat("softmax");
        return same(new Op.Softmax(index(dim)));
    }

    /**
     * {@return the matrix product over the last two dimensions, [.., N, M]; this is [.., N, K]}
     *
     * @param other [.., K, M], with the same sizes before
     */
    public Value matmul(Value other) {
        int outer = rank() - 2;
        boolean fits =
                outer >= 0
                        && other.rank() == rank()
                        && type == other.type
                        && shape.subList(0, outer).equals(other.shape.subList(0, outer))
                        && size(-1).equals(other.size(-2));
        if (!fits) {
            throw misfit("a matrix product of", other, "they are [.., N, K] and [.., K, M]");
        }
        List<Dim> result = new ArrayList<>(shape);
        result.set(outer + 1, other.size(-1));
        Dim work = product(shape).times(other.size(-1)).times(2);
        return recorder.add(new Op.MatMul(), List.of(this, other), type, result, work);
    }

    /**
     * {@return this with -∞ where the mask is false}
     *
     * @param mask BOOL, broadcastable to this
     */
    public Value maskOut(Value mask) {
        if (mask.type != ElementType.BOOL || mask.rank() > rank()) {
            throw misfit("masking of", mask, "a mask is BOOL and broadcasts to the operand");
        }
        List<Dim> result = broadcast(Op.BinaryFunction.ADD, mask);
        return recorder.add(new Op.MaskOut(), List.of(this, mask), type, result, Dim.of(0));
    }

    // ---- shape ----

    /**
     * {@return the same elements in another shape}
     *
     * @param sizes with the same product
     */
    public Value reshape(Dim... sizes) {
        List<Dim> result = List.of(sizes);
        if (!product(result).equals(product(shape))) {
            throw new EllaException(
                    "cannot reshape "
                            + this
                            + " to "
                            + result
                            + ": the numbers of elements differ");
        }
        return result.equals(shape) ? this : unaryOf(new Op.Reshape(), result);
    }

    /**
     * {@return this, repeated along dimensions of size 1}
     *
     * @param sizes the shape of the result
     */
    public Value expand(Dim... sizes) {
        List<Dim> result = List.of(sizes);
        boolean fits = result.size() == rank();
        for (int i = 0; fits && i < rank(); i++) {
            fits = size(i).equals(result.get(i)) || size(i).equals(Dim.of(1));
        }
        if (!fits) {
            throw new EllaException(
                    "cannot expand " + this + " to " + result + ": only sizes of 1 can grow");
        }
        return result.equals(shape) ? this : unaryOf(new Op.Expand(), result);
    }

    /**
     * {@return this with its dimensions in another order}
     *
     * @param order for each dimension of the result, which of this
     */
    public Value permute(Integer... order) {
        List<Integer> sorted = Arrays.stream(order).sorted().toList();
        for (int i = 0; i < sorted.size(); i++) {
            if (sorted.get(i) != i || sorted.size() != rank()) {
                throw new EllaException(
                        "cannot permute "
                                + this
                                + " by "
                                + Arrays.toString(order)
                                + ": each dimension once");
            }
        }
        return unaryOf(
                new Op.Permute(List.of(order)), Arrays.stream(order).map(shape::get).toList());
    }

    /**
     * {@return this with two dimensions exchanged}
     *
     * @param a one
     * @param b the other
     */
    public Value transpose(int a, int b) {
        Integer[] order = new Integer[rank()];
        Arrays.setAll(order, i -> i);
        order[index(a)] = index(b);
        order[index(b)] = index(a);
        return permute(order);
    }

    /**
     * {@return this with further dimensions of size 1 at the end}
     *
     * @param count how many
     */
    public Value unsqueezeEnd(int count) {
        List<Dim> result = new ArrayList<>(shape);
        result.addAll(Collections.nCopies(count, Dim.of(1)));
        return reshape(result.toArray(new Dim[0]));
    }

    /**
     * {@return this with a dimension of size 1 put in}
     *
     * @param dim its position in the result
     */
    public Value unsqueeze(int dim) {
        List<Dim> result = new ArrayList<>(shape);
        result.add(dim, Dim.of(1));
        return unaryOf(new Op.Reshape(), result);
    }

    /**
     * {@return this and others, one after another along a dimension}
     *
     * @param dim along which
     * @param others of the same sizes elsewhere
     */
    public Value concat(int dim, Value... others) {
        int at = index(dim);
        List<Value> all = new ArrayList<>(List.of(this));
        List<Dim> result = new ArrayList<>(shape);
        for (Value other : others) {
            List<Dim> expected = new ArrayList<>(shape);
            if (other.rank() == rank()) {
                expected.set(at, other.size(at));
            }
            if (!other.shape.equals(expected) || other.type != type) {
                throw misfit(
                        "concatenation along " + at + " of",
                        other,
                        "all other sizes and the types must be equal");
            }
            result.set(at, result.get(at).plus(other.size(at)));
            all.add(other);
        }
        return others.length == 0
                ? this
                : recorder.add(new Op.Concat(at), all, type, result, Dim.of(0));
    }

    /**
     * {@return a range of one dimension}
     *
     * @param dim which
     * @param start the first index
     * @param length how many
     */
    public Value slice(int dim, Dim start, Dim length) {
        int at = index(dim);
        if (start.isConstant() && length.isConstant() && size(at).isConstant()) {
            long end = start.plus(length).constant();
            if (start.constant() < 0 || length.constant() < 0 || end > size(at).constant()) {
                throw new EllaException(
                        "cannot take "
                                + start
                                + " to "
                                + end
                                + " of dimension "
                                + at
                                + " of "
                                + this);
            }
        }
        List<Dim> result = new ArrayList<>(shape);
        result.set(at, length);
        return unaryOf(new Op.Slice(at, start), result);
    }

    /**
     * {@return this, cut into equal parts}
     *
     * @param count how many; divides the size
     * @param dim along which
     */
    public List<Value> chunk(int count, int dim) {
        Dim part = size(dim).dividedBy(count);
        if (!part.times(count).equals(size(dim))) {
            throw new EllaException(
                    "cannot cut " + this + " into " + count + " equal parts along " + dim);
        }
        List<Value> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(slice(dim, part.times(i), part));
        }
        return parts;
    }

    /**
     * {@return this image at half its height and width, rounded up: the mean of each 2×2 pixels, at
     * the edge of an odd size of those that there are}
     */
    public Value averagePool2d() {
        requireRank(4, "pooling");
        Dim height = size(2).plus(1).dividedBy(2);
        Dim width = size(3).plus(1).dividedBy(2);
        return unaryOf(new Op.AveragePool2d(), List.of(size(0), size(1), height, width));
    }

    /**
     * {@return this image, nearest-neighbour resized}
     *
     * @param height of the result
     * @param width of the result
     */
    public Value upsampleNearest(Dim height, Dim width) {
        requireRank(4, "upsampling");
        return unaryOf(new Op.UpsampleNearest(), List.of(size(0), size(1), height, width));
    }

    /**
     * {@return this image with zeros around it}
     *
     * @param left columns before
     * @param right columns after
     * @param top rows before
     * @param bottom rows after
     */
    public Value zeroPad2d(int left, int right, int top, int bottom) {
        requireRank(4, "padding");
        Dim height = size(2).plus((long) top + bottom);
        Dim width = size(3).plus((long) left + right);
        return unaryOf(
                new Op.ZeroPad2d(left, right, top, bottom),
                List.of(size(0), size(1), height, width));
    }

    // ---- checks ----

    private int index(int dim) {
        int at = dim < 0 ? dim + rank() : dim;
        Objects.checkIndex(at, rank());
        return at;
    }

    private long lastSize(String what) {
        if (rank() == 0) {
            throw new EllaException(what + " of " + this + ": at least one dimension is needed");
        }
        return size(-1).constant();
    }

    private void requireRank(int expected, String what) {
        if (rank() != expected) {
            throw new EllaException(
                    what + " of " + this + ": " + expected + " dimensions are needed");
        }
    }

    private void requireFloat(String what) {
        if (type != ElementType.COMPUTE && type != ElementType.FLOAT32) {
            throw new EllaException(what + " of " + this + ": floating point is needed");
        }
    }

    private EllaException misfit(String what, Value other, String rule) {
        return new EllaException(what + " " + this + " and " + other + ": " + rule);
    }

    private static Dim product(List<Dim> sizes) {
        return sizes.stream().reduce(Dim.of(1), Dim::times);
    }

    @Override
    public String toString() {
        String sizes =
                shape.stream().map(Dim::toString).collect(Collectors.joining(", ", "[", "]"));
        return op instanceof Op.Parameter p ? p.spec().name() + " " + sizes : type + " " + sizes;
    }
}
