package io.ella.core.weights;

import io.ella.core.graph.ParameterSpec;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A source asked by other names than it stores; also one that computes what it is asked for. */
final class RenamedSource implements WeightSource {
    private final WeightSource source;
    private final UnaryOperator<String> names;

    RenamedSource(WeightSource source, UnaryOperator<String> names) {
        this.source = source;
        this.names = names;
    }

    @Override
    public String description() {
        return source.description();
    }

    /** {@return the names as they are stored} */
    @Override
    public Set<String> names() {
        return source.names();
    }

    @Override
    public Optional<ParameterSpec> find(String name) {
        return source.find(names.apply(name))
                .map(stored -> new ParameterSpec(name, stored.shape()));
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        return source.tensor(new ParameterSpec(names.apply(spec.name()), spec.shape()))
                .renamed(spec.name());
    }

    @Override
    public void close() {
        source.close();
    }
}
