package io.ella.core.torch;

import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a weight is kept for inference on the CPU: in the layout that oneDNN's AMX and AVX-512
 * primitives compute with, which they would otherwise make of it at every call, or transformed for
 * fewer products. A weight may be kept in equal parts.
 */
sealed interface Packing {

    /** The size that a symbol is taken to have where a graph says nothing of it. */
    long USUAL = 32;

    /** How many input channels one bf16 convolution takes; with more it falls out of the cache. */
    int CHANNELS = 640;

    /** From how many pixels on a weight for tiles of 2×2 is worth 1.8 times its memory. */
    long PIXELS = 16 * 16;

    /** From how many pixels on one for tiles of 4×4 is worth four times its memory. */
    long MANY_PIXELS = 32 * 32;

    /** A convolution of fewer products takes less time than the calls that would save some. */
    long MIN_PRODUCTS = 500_000_000;

    /** With fewer channels, of what goes in or comes out, transforming an image costs too much. */
    long MIN_CHANNELS = 64;

    /** The number of parts. */
    int parts();

    /**
     * The weight of a linear layer.
     *
     * @param parts of its rows
     */
    record Linear(int parts) implements Packing {}

    /**
     * The weight of a convolution.
     *
     * @param parts of its input channels
     * @param stride of the convolution
     * @param padding of the convolution
     * @param height of what it is usually given, on which the best layout depends
     * @param width likewise
     */
    record Convolution(int parts, int stride, int padding, long height, long width)
            implements Packing {}

    /**
     * The weight of a convolution as {@link Winograd} multiplies by it.
     *
     * @param pixels how wide and how high a tile's result is: 4 or 2
     */
    record Transformed(int pixels) implements Packing {
        /** How many numbers there are for the nine of a filter. */
        int elements() {
            return (pixels + 2) * (pixels + 2);
        }

        @Override
        public int parts() {
            return 1;
        }
    }

    /** {@return the name of a part in the dictionary of weights} */
    default String key(String weight, int part) {
        return parts() == 1 ? weight : weight + "#" + part;
    }

    /**
     * {@return the weights of a graph that are worth packing, by name; none on a processor or in a
     * precision that oneDNN's primitives do not serve}
     *
     * <p>Linear layers in fp32 are, but for graphs without convolutions, which are those of text:
     * large encoders amplify the last bit, and MKL, which takes weights as they are, adds up in the
     * references' order. Convolutions 1×1 are not: their weights are small, and their layout
     * changes with the size of the image, which a convolution that was given another answers with a
     * slow copy. Large ones 3×3 in fp32 are transformed; bf16 has not the bits for that.
     */
    static Map<String, Packing> of(Graph graph, Precision precision) {
        if (!isServed(precision)) {
            return Map.of();
        }
        Map<Value, List<Value>> users = users(graph);
        Map<String, Long> sizes = sizes(graph);
        boolean hasImages = graph.values().stream().anyMatch(v -> v.op() instanceof Op.Conv2d);
        Map<String, Packing> plan = new LinkedHashMap<>();
        for (Value v : graph.values()) {
            if (v.op() instanceof Op.Parameter parameter) {
                Packing packing = common(v, graph, users, sizes, precision, hasImages);
                if (packing != null) {
                    plan.put(parameter.spec().name(), packing);
                }
            }
        }
        return plan;
    }

    private static boolean isServed(Precision precision) {
        boolean isX86 = Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"));
        return switch (precision) {
            case FP32 -> isX86 && Torch.hasCpuFlag("avx512f");
            case BF16 -> isX86 && Torch.hasFastBf16();
            case FP16, AUTO -> false;
        };
    }

    /** The usual values of all symbols. */
    private static Map<String, Long> sizes(Graph graph) {
        Map<String, Long> sizes = new HashMap<>(graph.usual());
        for (Value input : graph.inputs()) {
            for (Dim size : input.shape()) {
                size.asMultiple().ifPresent(m -> sizes.putIfAbsent(m.symbol(), USUAL));
            }
        }
        return sizes;
    }

    /** {@return what uses each value, once for each time it does} */
    static Map<Value, List<Value>> users(Graph graph) {
        Map<Value, List<Value>> users = new HashMap<>();
        for (Value v : graph.values()) {
            for (Value operand : v.operands()) {
                users.computeIfAbsent(operand, o -> new ArrayList<>()).add(v);
            }
        }
        return users;
    }

    /** The packing on which all that use a weight agree; null if there is none. */
    private static @Nullable Packing common(
            Value weight,
            Graph graph,
            Map<Value, List<Value>> users,
            Map<String, Long> sizes,
            Precision precision,
            boolean hasImages) {
        Packing common = null;
        for (Value layer : users.getOrDefault(weight, List.of())) {
            boolean isOutput = graph.outputs().contains(layer);
            List<Value> cuts = isOutput ? List.of() : users.getOrDefault(layer, List.of());
            Packing packing = of(layer, weight, cuts, sizes, precision, hasImages);
            if (packing == null || (common != null && !packing.equals(common))) {
                return null;
            }
            common = packing;
        }
        return common;
    }

    /** The packing that one layer wants; null if none. */
    private static @Nullable Packing of(
            Value layer,
            Value weight,
            List<Value> users,
            Map<String, Long> sizes,
            Precision precision,
            boolean hasImages) {
        boolean isWeight = layer.operands().size() > 1 && layer.operands().get(1).equals(weight);
        if (!isWeight || weight.type() != layer.type()) {
            return null;
        }
        boolean half = precision == Precision.BF16 && weight.type() == ElementType.COMPUTE;
        boolean exact = precision == Precision.FP32;
        if (layer.op() instanceof Op.Conv2d o) {
            if (o.kernel() == 1) {
                return null;
            }
            Value image = layer.operands().get(0);
            long channels = weight.size(1).constant();
            long height = image.size(2).value(sizes);
            long width = image.size(3).value(sizes);
            int tile = exact ? tile(o, weight, height * width) : 0;
            if (tile > 0) {
                return new Transformed(tile);
            }
            long parts = half ? (channels + CHANNELS - 1) / CHANNELS : 1;
            return new Convolution(
                    channels % parts == 0 ? (int) parts : 1,
                    o.stride(),
                    o.padding(),
                    height,
                    width);
        }
        if (layer.op() instanceof Op.Linear && (half || (exact && hasImages))) {
            return new Linear(slices(layer, users));
        }
        return null;
    }

    /** How wide a tile's result has to be for a convolution to gain by it; 0 if none does. */
    private static int tile(Op.Conv2d o, Value weight, long pixels) {
        boolean isPlain = o.kernel() == 3 && o.stride() == 1 && o.padding() == 1;
        long out = weight.size(0).constant();
        long in = weight.size(1).constant();
        boolean isLarge = 9 * in * out * pixels >= MIN_PRODUCTS;
        if (!isPlain || !isLarge || Math.min(in, out) < MIN_CHANNELS || pixels < PIXELS) {
            return 0;
        }
        return pixels < MANY_PIXELS ? 2 : 4;
    }

    /** Into how many equal parts of its last dimension a value is cut by all that use it. */
    private static int slices(Value v, List<Value> users) {
        if (users.isEmpty() || !users.stream().allMatch(u -> part(v, u, users.size()) >= 0)) {
            return 1;
        }
        return users.size();
    }

    /** Which of so many equal parts of the last dimension a slice takes; -1 if it is none. */
    static int part(Value v, Value slice, int parts) {
        long width = v.size(-1).constant();
        boolean cuts =
                slice.op() instanceof Op.Slice o
                        && o.dim() == v.rank() - 1
                        && o.start().isConstant()
                        && width % parts == 0
                        && slice.size(-1).constant() == width / parts;
        if (!cuts) {
            return -1;
        }
        long start = ((Op.Slice) slice.op()).start().constant();
        return start % (width / parts) == 0 ? (int) (start / (width / parts)) : -1;
    }
}
