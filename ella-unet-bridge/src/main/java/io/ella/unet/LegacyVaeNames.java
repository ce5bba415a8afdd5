package io.ella.unet;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.Mapping;
import io.ella.core.weights.WeightSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The names that diffusers had before version 0.15 for the attention layer of the autoencoder,
 * which many published folders still have.
 */
public final class LegacyVaeNames {
    private static final Map<String, String> OLD =
            Map.of("to_q", "query", "to_k", "key", "to_v", "value", "to_out.0", "proj_attn");

    private LegacyVaeNames() {}

    /**
     * {@return the source under today's names; the source itself if it has them already}
     *
     * @param source an autoencoder in a diffusers folder; closing the view closes it
     * @param declared the parameters that are expected
     */
    public static WeightSource resolve(WeightSource source, Collection<ParameterSpec> declared) {
        if (source.names().stream().noneMatch(name -> name.endsWith(".proj_attn.weight"))) {
            return source;
        }
        Map<String, Mapping> mappings = new LinkedHashMap<>();
        for (String name : source.names()) {
            mappings.put(name, Mapping.from(name));
        }
        for (ParameterSpec spec : declared) {
            for (Map.Entry<String, String> layer : OLD.entrySet()) {
                String old =
                        spec.name()
                                .replace("." + layer.getKey() + ".", "." + layer.getValue() + ".");
                if (!old.equals(spec.name()) && source.find(old).isPresent()) {
                    mappings.remove(old);
                    // Some store the weights as those of 1×1 convolutions.
                    long[] shape = spec.shape().stream().mapToLong(Long::longValue).toArray();
                    mappings.put(spec.name(), Mapping.from(old).reshaped(shape));
                }
            }
        }
        return source.mapped(mappings);
    }
}
