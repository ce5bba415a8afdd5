package io.ella.samples.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.random.TorchGenerator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/** Random numbers: {@code seed.shape} for each of both. */
final class NoiseRunner implements CaseRunner {
    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        JsonObject args = given.args().toJson();
        Map<String, float[]> results = new LinkedHashMap<>();
        for (JsonElement seed : list(args, "seeds")) {
            for (JsonElement shape : list(args, "shapes")) {
                StringJoiner name = new StringJoiner("x", seed.getAsString() + ".", "");
                int count = 1;
                for (JsonElement size : shape.getAsJsonArray()) {
                    name.add(size.getAsString());
                    count = Math.multiplyExact(count, size.getAsInt());
                }
                long value = seed.getAsBigInteger().longValue();
                results.put(name.toString(), new TorchGenerator(value).randn(count));
            }
        }
        return results;
    }

    private static JsonArray list(JsonObject args, String key) {
        if (args.get(key) instanceof JsonArray list) {
            return list;
        }
        throw new EllaException("\"args\" has no list \"" + key + "\"");
    }
}
