package io.ella.train.stages;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A connector as a checkpoint has it, whose last quarter of queries are there three times, seen as
 * it learned, without the repetitions.
 *
 * <p>The last quarter says nothing of objects ({@code Objectives.alignment}). The network's
 * attention is shared among all tokens, and finds an object once more where too few say that there
 * is none; what is learned with more queries comes to the same balance, so they are repeated
 * afterwards (docs/results.md).
 *
 * @param source closed with this
 * @param queries that it learned with
 */
record RepeatedQueries(WeightSource source, long queries) implements WeightSource {
    private static final String QUERIES = "connector.latents";
    private static final int REPETITIONS = 2;

    /** {@return with how many queries a checkpoint has a connector that learned with so many} */
    static int count(int learned) {
        return learned + REPETITIONS * (learned / 4);
    }

    /** {@return a parameter of a connector as a checkpoint has it} */
    static StoredTensor repeated(StoredTensor learned) {
        if (!learned.name().equals(QUERIES)) {
            return learned;
        }
        int rows = Math.toIntExact(learned.shape().get(0));
        int width = Math.toIntExact(learned.shape().get(1));
        int last = rows / 4 * width;
        float[] all = new float[count(rows) * width];
        float[] values = learned.floatArray();
        System.arraycopy(values, 0, all, 0, values.length);
        for (int i = 0; i < REPETITIONS; i++) {
            System.arraycopy(values, values.length - last, all, values.length + i * last, last);
        }
        return StoredTensor.of(QUERIES, all, count(rows), width);
    }

    @Override
    public String description() {
        return source.description();
    }

    @Override
    public Set<String> names() {
        return source.names();
    }

    @Override
    public Optional<ParameterSpec> find(String name) {
        return source.find(name).map(spec -> name.equals(QUERIES) ? learned(spec) : spec);
    }

    private ParameterSpec learned(ParameterSpec stored) {
        List<Long> shape = stored.shape();
        return ParameterSpec.of(QUERIES, Math.min(queries, shape.get(0)), shape.get(1));
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        return spec.name().equals(QUERIES)
                ? source.tensor(QUERIES).rows(0, spec.shape().get(0))
                : source.tensor(spec);
    }

    @Override
    public void close() {
        source.close();
    }
}
