package io.ella.core.weights;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Several models as one source: the parameters of each below a name of its own. */
final class JoinedSource implements WeightSource {
    private final Map<String, WeightSource> parts;

    /** Takes over the sources, by the name that stands before the dot. */
    JoinedSource(Map<String, WeightSource> parts) {
        this.parts = Map.copyOf(parts);
    }

    @Override
    public String description() {
        return parts.values().stream()
                .map(WeightSource::description)
                .collect(Collectors.joining(", "));
    }

    @Override
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        parts.forEach((part, source) -> source.names().forEach(n -> names.add(part + "." + n)));
        return names;
    }

    @Override
    public Optional<ParameterSpec> find(String name) {
        return Optional.ofNullable(parts.get(part(name)))
                .flatMap(source -> source.find(rest(name)))
                .map(found -> new ParameterSpec(name, found.shape(), found.type()));
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        ParameterSpec stored = new ParameterSpec(rest(spec.name()), spec.shape(), spec.type());
        return source(spec.name()).tensor(stored).renamed(spec.name());
    }

    private WeightSource source(String name) {
        WeightSource source = parts.get(part(name));
        if (source == null) {
            throw new EllaException("\"%s\" belongs to none of %s".formatted(name, parts.keySet()));
        }
        return source;
    }

    private static String part(String name) {
        return name.substring(0, Math.max(0, name.indexOf('.')));
    }

    private static String rest(String name) {
        return name.substring(name.indexOf('.') + 1);
    }

    @Override
    public void close() {
        parts.values().forEach(WeightSource::close);
    }
}
