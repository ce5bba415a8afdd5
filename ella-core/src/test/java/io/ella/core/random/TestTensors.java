package io.ella.core.random;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Reads the tensors of a conformance case as doubles; just enough of safetensors for the tests. */
public final class TestTensors {
    private TestTensors() {}

    /** {@return the tensors of a resource by name} */
    public static Map<String, double[]> read(String resource) {
        byte[] bytes = bytes(resource);
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) file.getLong();
        JsonObject json = parse(new String(bytes, 8, header, StandardCharsets.UTF_8));
        ByteBuffer data = file.position(8 + header).slice().order(ByteOrder.LITTLE_ENDIAN);
        Map<String, double[]> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry : json.entrySet()) {
            if (!entry.getKey().equals("__metadata__")) {
                tensors.put(entry.getKey(), tensor(entry.getValue().getAsJsonObject(), data));
            }
        }
        return tensors;
    }

    private static double[] tensor(JsonObject entry, ByteBuffer data) {
        String dtype = entry.get("dtype").getAsString();
        int from = entry.getAsJsonArray("data_offsets").get(0).getAsInt();
        int to = entry.getAsJsonArray("data_offsets").get(1).getAsInt();
        int size = dtype.equals("F32") ? 4 : 8;
        double[] values = new double[(to - from) / size];
        for (int i = 0; i < values.length; i++) {
            int at = from + i * size;
            values[i] =
                    switch (dtype) {
                        case "F32" -> data.getFloat(at);
                        case "F64" -> data.getDouble(at);
                        case "I64" -> data.getLong(at);
                        default -> throw new IllegalStateException(dtype);
                    };
        }
        return values;
    }

    /** {@return a JSON resource} */
    public static JsonObject json(String resource) {
        return parse(new String(bytes(resource), StandardCharsets.UTF_8));
    }

    private static JsonObject parse(String text) {
        return JsonParser.parseString(text).getAsJsonObject();
    }

    private static byte[] bytes(String resource) {
        try (InputStream in =
                Objects.requireNonNull(TestTensors.class.getResourceAsStream(resource), resource)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(resource, e);
        }
    }
}
