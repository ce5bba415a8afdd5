package io.ella.core.weights;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Computes every parameter from its name, its shape and a seed, so that a full-size model needs no
 * file: for conformance cases and benchmarks.
 *
 * <p>An element is {@code u}, uniform in [-1, 1): the upper 24 bits of splitmix64 (Steele, Lea,
 * Flood 2014) over the FNV-1a hash of the name, the seed and the row-major index. A bias (except
 * {@code relative_attention_bias}) is {@code u / 20}, any other vector {@code 1 + u / 10}, and the
 * rest {@code u * sqrt(3 / fanIn)}, which keeps the variance of activations. All tensors are F32,
 * and the same bits on every machine and in every language.
 *
 * <p>Immutable and safe for concurrent reads; large tensors are computed by all cores.
 */
public final class HashWeights implements ComputedWeights {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int CHUNK = 1 << 18;
    private static final int BLOCK = 1 << 11;

    /** The multiples of the increment, from one. */
    private static final long[] STEPS = new long[BLOCK];

    static {
        Arrays.setAll(STEPS, i -> (i + 1) * GOLDEN);
    }

    private final long seed;

    /**
     * Names the family of weights.
     *
     * @param seed any number
     */
    public HashWeights(long seed) {
        this.seed = seed;
    }

    /**
     * {@return values uniform in [-1, 1), row-major, in all 24 bits that a float has}
     *
     * @param name what the values are derived from, beside the seed
     * @param shape the sizes, outermost first; none for a scalar
     * @param seed any number
     * @throws EllaException if a size is negative, or there are more elements than an array can
     *     have
     */
    public static float[] uniform(String name, long[] shape, long seed) {
        ParameterSpec spec = ParameterSpec.of(name, shape);
        long elements = StoredTensor.byteSize(name, DType.U8, spec.shape());
        if (elements > Integer.MAX_VALUE - 8) {
            throw new EllaException(
                    "\"%s\": %s has %d elements, too many for an array."
                            .formatted(name, spec.shape(), elements));
        }
        float[] values = new float[(int) elements];
        new Formula(hash(name, seed), 0, 1).fill(0, FloatBuffer.wrap(values));
        return values;
    }

    @Override
    public String description() {
        return "hash weights of seed " + seed;
    }

    /** {@return the parameter, which is computed where it is read and takes no memory before} */
    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        Formula formula = Formula.of(spec, seed);
        return StoredTensor.computed(
                spec.name(),
                DType.F32,
                spec.shape(),
                (from, into) ->
                        formula.fill(from, into.duplicate().order(LITTLE_ENDIAN).asFloatBuffer()));
    }

    private static long hash(String name, long seed) {
        long hash = 0xCBF29CE484222325L;
        for (byte next : name.getBytes(UTF_8)) {
            hash = (hash ^ (next & 0xff)) * 0x100000001B3L;
        }
        return hash ^ (seed * GOLDEN);
    }

    /** {@code offset + scale * u(index)}, rounded after each operation. */
    private record Formula(long hash, float offset, float scale) {

        static Formula of(ParameterSpec spec, long seed) {
            String name = spec.name();
            List<Long> shape = spec.shape();
            long hash = HashWeights.hash(name, seed);
            if (name.endsWith("bias") && !name.contains("relative_attention_bias")) {
                return new Formula(hash, 0, 0.05f);
            }
            if (shape.size() == 1) {
                return new Formula(hash, 1, 0.1f);
            }
            long fanIn = shape.stream().skip(1).reduce(1L, Math::multiplyExact);
            return new Formula(hash, 0, (float) Math.sqrt(3.0 / fanIn));
        }

        void fill(long from, FloatBuffer out) {
            int start = out.position();
            int elements = out.remaining();
            IntStream chunks = IntStream.range(0, (int) (((long) elements + CHUNK - 1) / CHUNK));
            (elements > CHUNK ? chunks.parallel() : chunks)
                    .forEach(
                            chunk -> {
                                int begin = chunk * CHUNK;
                                int length = Math.min(CHUNK, elements - begin);
                                fillChunk(from + begin, out.slice(start + begin, length));
                            });
        }

        private void fillChunk(long from, FloatBuffer out) {
            int blockSize = Math.min(BLOCK, out.remaining());
            long[] mixed = new long[blockSize];
            int[] upper = new int[blockSize];
            float[] block = new float[blockSize];
            for (long index = from; out.hasRemaining(); index += blockSize) {
                int length = Math.min(blockSize, out.remaining());
                mix(hash + index * GOLDEN, mixed);
                narrow(mixed, upper);
                scale(upper, block);
                out.put(block, 0, length);
            }
        }

        // One plain loop over arrays each, which the JIT compiles to vector instructions.

        private static void mix(long state, long[] out) {
            for (int i = 0; i < out.length; i++) {
                long z = state + STEPS[i];
                z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
                z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
                out[i] = (z ^ (z >>> 31)) >>> 40;
            }
        }

        private static void narrow(long[] in, int[] out) {
            for (int i = 0; i < out.length; i++) {
                out[i] = (int) in[i];
            }
        }

        private void scale(int[] in, float[] out) {
            for (int i = 0; i < out.length; i++) {
                float u = in[i] * 0x1p-23f - 1;
                out[i] = offset + u * scale;
            }
        }
    }
}
