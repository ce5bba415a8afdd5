package io.ella.train.stages;

import io.ella.core.weights.Mapping;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A connector learns with each query once; a checkpoint has the last quarter of them three times.
 *
 * <p>The last quarter says nothing of objects ({@code Objectives.alignment}). The network's
 * attention is shared among all tokens, and finds an object once more where too few say that there
 * is none; what is learned with more queries comes to the same balance, so they are repeated
 * afterwards (docs/results.md).
 */
final class RepeatedQueries {
    private static final String QUERIES = "connector.latents";
    private static final int REPETITIONS = 2;

    private RepeatedQueries() {}

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

    /**
     * {@return a connector of a checkpoint as it learned, without the repetitions, if there are
     * any}
     *
     * @param stored closed with what is returned
     * @param queries that it learned with
     */
    static WeightSource learned(WeightSource stored, int queries) {
        Map<String, Mapping> mappings = new LinkedHashMap<>();
        stored.names().forEach(name -> mappings.put(name, Mapping.from(name)));
        mappings.computeIfPresent(QUERIES, (name, all) -> all.rows(0, queries));
        return stored.mapped(mappings);
    }
}
