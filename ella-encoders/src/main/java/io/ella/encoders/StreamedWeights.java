package io.ella.encoders;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.DType;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Reads a model piece by piece.
 *
 * <p>Stored weights are views of a mapped file. Computed ones need memory: equal layers take turns
 * in the same, so that a full-size model without a file takes no more than one with.
 *
 * <p>Not thread-safe.
 */
final class StreamedWeights implements AutoCloseable {
    private final WeightSource source;
    private final UnaryOperator<String> names;
    private final Map<ParameterSpec, ByteBuffer> scratch = new HashMap<>();

    StreamedWeights(WeightSource source, UnaryOperator<String> names) {
        this.source = source;
        this.names = names;
    }

    /**
     * {@return the weights below a place, by names that begin there}
     *
     * @param path the place, empty for the root
     */
    WeightSource below(String path) {
        UnaryOperator<String> full = name -> names.apply(path.isEmpty() ? name : path + "." + name);
        return source instanceof HashWeights hash
                ? new Computed(hash, full, scratch)
                : new RenamedSource(source, full);
    }

    /**
     * {@return some rows of a table, one after another}
     *
     * @param table its full name
     * @param height how many rows it has
     * @param width of each
     * @param ids which rows
     */
    float[] rows(String table, int height, int width, long[] ids) {
        ParameterSpec spec = ParameterSpec.of(names.apply(table), height, width);
        float[] rows = new float[Math.multiplyExact(ids.length, width)];
        for (int i = 0; i < ids.length; i++) {
            float[] row =
                    source instanceof HashWeights hash
                            ? computedRow(hash, spec, ids[i], width)
                            : source.tensor(spec).rows(ids[i], ids[i] + 1).floatArray();
            System.arraycopy(row, 0, rows, i * width, width);
        }
        return rows;
    }

    private static float[] computedRow(HashWeights hash, ParameterSpec table, long row, int width) {
        ByteBuffer bytes = ByteBuffer.allocate(width * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        hash.fill(table, row * width, bytes);
        float[] values = new float[width];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    @Override
    public void close() {
        source.close();
    }

    /** Computes into memory that the next layer's parameter of that name and shape overwrites. */
    private record Computed(
            HashWeights hash, UnaryOperator<String> full, Map<ParameterSpec, ByteBuffer> scratch)
            implements WeightSource {

        @Override
        public String description() {
            return hash.description();
        }

        @Override
        public Set<String> names() {
            return Set.of();
        }

        @Override
        public Optional<ParameterSpec> find(String name) {
            return Optional.empty();
        }

        @Override
        public StoredTensor tensor(ParameterSpec spec) {
            int bytes = Math.toIntExact(spec.elements() * Float.BYTES);
            ByteBuffer memory =
                    scratch.computeIfAbsent(spec, s -> ByteBuffer.allocateDirect(bytes));
            hash.fill(new ParameterSpec(full.apply(spec.name()), spec.shape()), 0, memory);
            return StoredTensor.of(spec.name(), DType.F32, spec.shape(), List.of(memory));
        }

        @Override
        public void close() {
            // The weights are closed by who holds them.
        }
    }
}
