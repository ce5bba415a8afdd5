package io.ella.core.weights;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Compares what a source stores with what a model declares, and words the differences. */
final class ParameterCheck {

    private static final int NAMED = 8;

    private ParameterCheck() {}

    static void check(
            WeightSource source, Collection<ParameterSpec> declared, Predicate<String> ignorable) {
        List<String> misshapen = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        Set<String> expected = new HashSet<>();
        for (ParameterSpec spec : declared) {
            expected.add(spec.name());
            Optional<ParameterSpec> found = source.find(spec.name());
            if (found.isEmpty()) {
                missing.add("\"%s\" %s".formatted(spec.name(), spec.shape()));
            } else if (!found.get().shape().equals(spec.shape())) {
                misshapen.add(difference(spec, found.get()));
            }
        }
        List<String> unexpected =
                source.names().stream()
                        .filter(name -> !expected.contains(name) && !ignorable.test(name))
                        .map(name -> "\"" + name + "\"")
                        .toList();
        if (misshapen.isEmpty() && missing.isEmpty() && unexpected.isEmpty()) {
            return;
        }
        StringBuilder message = new StringBuilder(source.description());
        message.append(": these are not the parameters that the model expects (found ")
                .append(source.names().size())
                .append(", expected ")
                .append(declared.size())
                .append(").");
        append(message, "misshapen", misshapen);
        append(message, "missing", missing);
        append(message, "unexpected", unexpected);
        message.append("\nIs this the checkpoint of another model, or config.json that of another")
                .append(" checkpoint?");
        throw new EllaException(message.toString());
    }

    static EllaException missing(WeightSource source, String name) {
        return new EllaException(
                "%s: \"%s\" is missing, it holds %s. Is this the checkpoint of another model?"
                        .formatted(
                                source.description(),
                                name,
                                source.names().isEmpty() ? "no parameters" : some(source.names())));
    }

    /** Refuses a tensor whose shape is not the declared one. */
    static StoredTensor verified(WeightSource source, ParameterSpec spec, StoredTensor tensor) {
        if (!tensor.shape().equals(spec.shape())) {
            throw misshapen(source, spec, new ParameterSpec(spec.name(), tensor.shape()));
        }
        return tensor;
    }

    static EllaException misshapen(WeightSource source, ParameterSpec spec, ParameterSpec found) {
        return new EllaException(
                "%s: %s. Is this the checkpoint of another model?"
                        .formatted(source.description(), difference(spec, found)));
    }

    /** The first few, and how many more there are. */
    static String some(Collection<String> items) {
        String first = String.join(", ", items.stream().limit(NAMED).toList());
        return items.size() <= NAMED ? first : first + " and " + (items.size() - NAMED) + " more";
    }

    private static String difference(ParameterSpec spec, ParameterSpec found) {
        return "\"%s\" is %s, the model expects %s"
                .formatted(spec.name(), found.shape(), spec.shape());
    }

    private static void append(StringBuilder message, String kind, List<String> items) {
        if (!items.isEmpty()) {
            message.append("\n  ").append(kind).append(" (").append(items.size()).append("): ");
            message.append(some(items));
        }
    }
}
