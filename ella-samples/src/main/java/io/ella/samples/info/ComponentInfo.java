package io.ella.samples.info;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.DType;
import io.ella.core.weights.WeightSource;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One component of a checkpoint.
 *
 * @param name what the checkpoint calls it: {@code unet}, {@code scheduler}, …
 * @param type its class, or what stands for it
 * @param tensors how many parameters it has; 0 for what has none
 * @param weights how many numbers they are
 * @param dtypes how many numbers of each element type
 * @param bytes of the weights
 * @param details further facts, for people
 * @param problems what is missing or wrong; empty if nothing is
 */
public record ComponentInfo(
        String name,
        String type,
        int tensors,
        long weights,
        Map<DType, Long> dtypes,
        long bytes,
        String details,
        List<String> problems) {

    /** Copies the collections. */
    public ComponentInfo {
        EnumMap<DType, Long> copy = new EnumMap<>(DType.class);
        copy.putAll(dtypes);
        dtypes = copy;
        problems = List.copyOf(problems);
    }

    /** A component without weights. */
    static ComponentInfo plain(String name, String type, String details, String... problems) {
        return new ComponentInfo(name, type, 0, 0, Map.of(), 0, details, List.of(problems));
    }

    /** A component of all parameters of a source. */
    static ComponentInfo of(String name, String type, WeightSource source, String details) {
        return of(name, type, source, source.names(), details);
    }

    /** A component of some parameters of a source. */
    static ComponentInfo of(
            String name,
            String type,
            WeightSource source,
            Collection<String> parameters,
            String details) {
        Map<DType, Long> dtypes = new EnumMap<>(DType.class);
        long bytes = 0;
        for (String parameter : parameters) {
            DType dtype = source.tensor(parameter).dtype();
            long elements = source.find(parameter).map(ParameterSpec::elements).orElse(0L);
            dtypes.merge(dtype, elements, Long::sum);
            bytes += elements * dtype.bytes();
        }
        long weights = dtypes.values().stream().mapToLong(Long::longValue).sum();
        return new ComponentInfo(
                name, type, parameters.size(), weights, dtypes, bytes, details, List.of());
    }

    /** {@return this with what is missing or wrong} */
    ComponentInfo with(List<String> found) {
        return new ComponentInfo(name, type, tensors, weights, dtypes, bytes, details, found);
    }
}
