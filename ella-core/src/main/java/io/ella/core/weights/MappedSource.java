package io.ella.core.weights;

import io.ella.core.graph.ParameterSpec;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A source seen through mappings. */
final class MappedSource implements WeightSource {

    private final WeightSource source;

    /** Only those whose stored tensor exists. */
    private final Map<String, Mapping> mappings;

    MappedSource(WeightSource source, Map<String, Mapping> mappings) {
        this.source = source;
        Map<String, Mapping> present = new LinkedHashMap<>();
        mappings.forEach(
                (target, mapping) -> {
                    if (source.find(mapping.source()).isPresent()) {
                        present.put(target, mapping);
                    }
                });
        this.mappings = Collections.unmodifiableMap(present);
    }

    @Override
    public String description() {
        return source.description();
    }

    @Override
    public Set<String> names() {
        return mappings.keySet();
    }

    @Override
    public Optional<ParameterSpec> find(String name) {
        Mapping mapping = mappings.get(name);
        return mapping == null
                ? Optional.empty()
                : source.find(mapping.source())
                        .map(spec -> new ParameterSpec(name, mapping.shapeOf(spec.shape())));
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        Mapping mapping = mappings.get(spec.name());
        if (mapping == null) {
            throw ParameterCheck.missing(this, spec.name());
        }
        StoredTensor stored = source.tensor(mapping.source());
        List<Long> shape = mapping.shapeOf(stored.shape());
        if (!shape.equals(spec.shape())) {
            throw ParameterCheck.misshapen(this, spec, new ParameterSpec(spec.name(), shape));
        }
        return mapping.apply(stored).renamed(spec.name());
    }

    @Override
    public void close() {
        source.close();
    }
}
