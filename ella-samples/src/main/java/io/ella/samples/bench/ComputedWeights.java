package io.ella.samples.bench;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * {@link HashWeights} that see to it that the memory of a full-size model is not taken twice: what
 * has been converted is garbage, but the garbage collector does not see how much native memory
 * hangs on it.
 */
public final class ComputedWeights implements WeightSource {
    private static final long COLLECT_EVERY = 512L << 20;

    private final HashWeights weights;
    private long bytes;

    /**
     * Names the family of weights.
     *
     * @param seed any number
     */
    public ComputedWeights(long seed) {
        weights = new HashWeights(seed);
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        bytes += spec.elements() * Float.BYTES;
        if (bytes >= COLLECT_EVERY) {
            bytes = 0;
            System.gc();
        }
        return weights.tensor(spec);
    }

    @Override
    public String description() {
        return weights.description();
    }

    @Override
    public Set<String> names() {
        return weights.names();
    }

    @Override
    public Optional<ParameterSpec> find(String name) {
        return weights.find(name);
    }

    @Override
    public void check(Collection<ParameterSpec> declared, Predicate<String> ignorable) {
        weights.check(declared, ignorable);
    }

    @Override
    public void close() {
        weights.close();
    }
}
