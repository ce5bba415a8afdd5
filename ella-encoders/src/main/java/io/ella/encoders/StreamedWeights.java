package io.ella.encoders;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.WeightSource;
import java.util.function.UnaryOperator;

/**
 * Reads a model piece by piece: views of a mapped file, or weights that are computed as they are
 * read. Thread-safe.
 */
final class StreamedWeights implements AutoCloseable {
    private final WeightSource source;
    private final UnaryOperator<String> names;

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
        return source.renamed(name -> names.apply(path.isEmpty() ? name : path + "." + name));
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
            float[] row = source.tensor(spec).rows(ids[i], ids[i] + 1).floatArray();
            System.arraycopy(row, 0, rows, i * width, width);
        }
        return rows;
    }

    @Override
    public void close() {
        source.close();
    }
}
