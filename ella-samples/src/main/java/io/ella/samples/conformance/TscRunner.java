package io.ella.samples.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import io.ella.core.EllaException;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.torch.Tensor;
import io.ella.tsc.Queries;
import io.ella.tsc.TimestepAwareSemanticConnector;
import io.ella.tsc.TscConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/** The connector: {@code queries.t} for each timestep t. */
final class TscRunner implements CaseRunner {
    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        Map<String, Double> timesteps = new LinkedHashMap<>();
        JsonElement list = given.args().toJson().get("timesteps");
        if (list == null || !list.isJsonArray()) {
            throw new EllaException(given.args().origin() + ": \"timesteps\" is no list");
        }
        // The names of the results have the timesteps as they are written.
        for (JsonElement t : list.getAsJsonArray()) {
            JsonPrimitive number = t.getAsJsonPrimitive();
            timesteps.put("queries." + number.getAsString(), number.getAsDouble());
        }
        try (TimestepAwareSemanticConnector connector =
                        TimestepAwareSemanticConnector.load(
                                workbench.torch(),
                                TscConfig.of(given.config()),
                                given.weights(),
                                workbench.precision());
                Tensor text = workbench.tensor(given.in("text"));
                Queries queries =
                        connector.queries(
                                given.name(),
                                text,
                                timesteps.values().stream()
                                        .mapToDouble(Double::doubleValue)
                                        .toArray())) {
            Map<String, float[]> results = new LinkedHashMap<>();
            timesteps.forEach((name, t) -> results.put(name, queries.at(t).floats()));
            return results;
        }
    }
}
