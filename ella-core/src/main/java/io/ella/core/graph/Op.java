package io.ella.core.graph;

import java.util.List;
import java.util.OptionalDouble;

/**
 * An operation of a graph, without its operands: {@link Value#operands()} has those.
 *
 * <p>The list is closed, so that a lowering can be checked by the compiler for completeness.
 */
public sealed interface Op {

    /**
     * Something given at each call.
     *
     * @param name how messages call it
     */
    record Input(String name) implements Op {}

    /**
     * A parameter of the model.
     *
     * @param spec its name and shape in the checkpoint
     */
    record Parameter(ParameterSpec spec) implements Op {}

    /**
     * An element-wise function of one operand.
     *
     * @param function which
     */
    record Unary(UnaryFunction function) implements Op {}

    /** Element-wise functions. */
    enum UnaryFunction {
        /** {@code x · sigmoid(x)}. */
        SILU,
        /** {@code x · Φ(x)}, by the error function. */
        GELU,
        /** GELU by its tanh approximation. */
        GELU_TANH,
        /** {@code x · sigmoid(1.702 x)}, as CLIP has it. */
        QUICK_GELU,
        /** {@code max(x, 0)}. */
        RELU,
        /** {@code tanh(x)}. */
        TANH,
        /** {@code x²}. */
        SQUARE,
        /** {@code -x}. */
        NEGATE,
        /** {@code eˣ}. */
        EXP,
        /** {@code √x}. */
        SQRT,
        /** {@code |x|}. */
        ABS
    }

    /**
     * An element-wise function of two operands, with broadcasting.
     *
     * @param function which
     */
    record Binary(BinaryFunction function) implements Op {}

    /** Element-wise functions of two operands. */
    enum BinaryFunction {
        /** {@code a + b}. */
        ADD,
        /** {@code a - b}. */
        SUBTRACT,
        /** {@code a · b}. */
        MULTIPLY,
        /** {@code a / b}. */
        DIVIDE
    }

    /**
     * {@code x · factor + summand}, element-wise.
     *
     * @param factor the factor
     * @param summand the summand
     */
    record Affine(double factor, double summand) implements Op {}

    /**
     * Limits every element.
     *
     * @param min the least
     * @param max the most
     */
    record Clamp(double min, double max) implements Op {}

    /** Limits every element to ±(largest finite − 1000) where the target is fp16; else nothing. */
    record ClampFp16() implements Op {}

    /**
     * {@code x · wᵀ + b} over the last dimension; operands x, weight and, if any, bias.
     *
     * @param hasBias whether there is a third operand
     */
    record Linear(boolean hasBias) implements Op {}

    /**
     * 2-D convolution of NCHW; operands x, weight [out, in, k, k], bias.
     *
     * @param kernel its width and height
     * @param stride in both directions
     * @param padding zeros on all four sides
     */
    record Conv2d(int kernel, int stride, int padding) implements Op {}

    /**
     * Group normalization; operands x, weight, bias.
     *
     * @param groups how many
     * @param eps added to the variance
     */
    record GroupNorm(int groups, double eps) implements Op {}

    /**
     * Layer normalization over the last dimension; operands x and, if affine, weight and bias.
     *
     * @param affine whether weight and bias are there
     * @param eps added to the variance
     */
    record LayerNorm(boolean affine, double eps) implements Op {}

    /**
     * {@code x / √(mean(x²) + eps) · weight} over the last dimension, the norm in 32 bits; operands
     * x, weight.
     *
     * @param eps added to the mean square
     */
    record RmsNorm(double eps) implements Op {}

    /**
     * Attention over packed heads: operands q [B, L, heads·d], k and v [B, S, kvHeads·d] and, if
     * any, mask, broadcastable to [B, heads, L, S]: BOOL (true = attend) or a summand to the
     * scores.
     *
     * @param heads of the queries
     * @param kvHeads of the keys and values; divides {@code heads}
     * @param scale of the scores; 1/√d when empty
     * @param causal whether a position sees itself and what is before it only
     * @param hasMask whether there is a fourth operand
     */
    record Attention(int heads, int kvHeads, OptionalDouble scale, boolean causal, boolean hasMask)
            implements Op {}

    /**
     * Rotary position embedding in the half-split convention; operands x [B, L, heads·d], cos and
     * sin [L, d].
     *
     * @param heads how many
     */
    record Rope(int heads) implements Op {}

    /**
     * Sinusoidal embedding of timesteps, [N] to [N, width], in 32 bits (diffusers {@code
     * get_timestep_embedding}).
     *
     * @param width of the embedding, even
     * @param flipSinToCos cosines before sines
     * @param freqShift the {@code downscale_freq_shift}
     */
    record Sinusoid(int width, boolean flipSinToCos, double freqShift) implements Op {}

    /** Rows of a table; operands indices (INT64), weight [n, width]. */
    record Embedding() implements Op {}

    /**
     * Softmax.
     *
     * @param dim over which dimension
     */
    record Softmax(int dim) implements Op {}

    /** The mean of all elements, without dimensions. */
    record Mean() implements Op {}

    /**
     * The mean of {@code -log softmax(logits)[target]}, without dimensions; operands logits [N, C]
     * in 32 bits and targets [N] (INT64), of which {@value #IGNORED} counts for nothing.
     */
    record CrossEntropy() implements Op {
        /** The target of a row that does not count. */
        public static final int IGNORED = -100;
    }

    /** Matrix product of the last two dimensions; operands [.., N, K] and [.., K, M]. */
    record MatMul() implements Op {}

    /**
     * Concatenation.
     *
     * @param dim along which dimension
     */
    record Concat(int dim) implements Op {}

    /**
     * A range of one dimension.
     *
     * @param dim which dimension
     * @param start the first index
     */
    record Slice(int dim, Dim start) implements Op {}

    /** The same elements in another shape: that of the value. */
    record Reshape() implements Op {}

    /** The same elements repeated along dimensions of size 1: to the shape of the value. */
    record Expand() implements Op {}

    /**
     * The dimensions in another order.
     *
     * @param order for each dimension of the result, which of the operand
     */
    record Permute(List<Integer> order) implements Op {
        /** Copies the order. */
        public Permute {
            order = List.copyOf(order);
        }
    }

    /** The mean of each 2×2 pixels of NCHW; at the edge of an odd size, of those that there are. */
    record AveragePool2d() implements Op {}

    /** Nearest-neighbour resize of NCHW to the height and width of the value. */
    record UpsampleNearest() implements Op {}

    /**
     * Zeros around the two last dimensions.
     *
     * @param left columns before
     * @param right columns after
     * @param top rows before
     * @param bottom rows after
     */
    record ZeroPad2d(int left, int right, int top, int bottom) implements Op {}

    /** Puts {@code -∞} where the mask operand (BOOL) is false; operands x, mask. */
    record MaskOut() implements Op {}

    /** To the type of the value. */
    record Cast() implements Op {}
}
