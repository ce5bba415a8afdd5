package io.ella.unet;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A checkpoint of given names and shapes, whose values are computed from the names. */
final class ListedWeights implements WeightSource {
    private final Map<String, List<Long>> shapes;
    private final WeightSource values = new HashWeights(1);

    ListedWeights(Map<String, List<Long>> shapes) {
        this.shapes = Collections.unmodifiableMap(new LinkedHashMap<>(shapes));
    }

    @Override
    public String description() {
        return "listed weights";
    }

    @Override
    public Set<String> names() {
        return shapes.keySet();
    }

    @Override
    public Optional<ParameterSpec> find(String name) {
        return Optional.ofNullable(shapes.get(name)).map(shape -> new ParameterSpec(name, shape));
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        return values.tensor(spec);
    }

    @Override
    public void close() {}
}
