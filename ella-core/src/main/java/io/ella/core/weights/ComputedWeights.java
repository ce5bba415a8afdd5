package io.ella.core.weights;

import io.ella.core.graph.ParameterSpec;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** A source that stores nothing and computes whatever it is asked for. */
public interface ComputedWeights extends WeightSource {

    /** {@return the empty set: no name is stored, every name can be computed} */
    @Override
    default Set<String> names() {
        return Set.of();
    }

    /** {@return empty: the shape of a parameter comes from whoever asks} */
    @Override
    default Optional<ParameterSpec> find(String name) {
        return Optional.empty();
    }

    /** Accepts everything. */
    @Override
    default void check(Collection<ParameterSpec> declared, Predicate<String> ignorable) {}

    /** Does nothing, as nothing is held. */
    @Override
    default void close() {}
}
