package io.ella.core.config;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.ella.core.EllaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A JSON object of settings, such as a {@code config.json}, read with errors that name file, key,
 * what was found and what was expected.
 *
 * <p>A key whose value is {@code null} counts as absent, as it does in Python's references.
 * Immutable and thread-safe.
 */
public final class Config {
    private static final Gson PRETTY = new GsonBuilder().setPrettyPrinting().create();

    private final JsonObject values;
    private final String origin;

    private Config(JsonObject values, String origin) {
        this.values = values;
        this.origin = origin;
    }

    /**
     * Reads a file.
     *
     * @param file a JSON object in UTF-8
     * @return its settings
     * @throws EllaException if the file is missing or no JSON object
     */
    public static Config read(Path file) {
        try {
            return parse(Files.readString(file), file.toString());
        } catch (NoSuchFileException e) {
            throw new EllaException(file + " is missing. Is the checkpoint complete?", e);
        } catch (IOException e) {
            throw new EllaException(file + " cannot be read: " + e, e);
        }
    }

    /**
     * Reads a text.
     *
     * @param json a JSON object
     * @param origin how messages call it
     * @return its settings
     * @throws EllaException if the text is no JSON object
     */
    public static Config parse(String json, String origin) {
        try {
            return of(JsonParser.parseString(json).getAsJsonObject(), origin);
        } catch (JsonParseException | IllegalStateException e) {
            throw new EllaException(origin + " is not a JSON object: " + e.getMessage(), e);
        }
    }

    /**
     * Wraps an object.
     *
     * @param values the settings; copied
     * @param origin how messages call it
     * @return the settings
     */
    public static Config of(JsonObject values, String origin) {
        return new Config(values.deepCopy(), origin);
    }

    /** {@return how messages call it} */
    public String origin() {
        return origin;
    }

    /** {@return the keys, in their order} */
    public Set<String> keys() {
        return values.keySet();
    }

    /**
     * {@return whether the key is there and not null}
     *
     * @param key which
     */
    public boolean has(String key) {
        return values.has(key) && !values.get(key).isJsonNull();
    }

    /**
     * {@return an integer}
     *
     * @param key which; it must be there
     */
    public int integer(String key) {
        return require(key, "an integer", Config::asInteger);
    }

    /**
     * {@return an integer}
     *
     * @param key which
     * @param absent the value where the key is absent
     */
    public int integer(String key, int absent) {
        return has(key) ? integer(key) : absent;
    }

    /**
     * {@return an integer that may be wider than 32 bits, such as a seed; beyond 64 bits, its low
     * 64}
     *
     * @param key which; it must be there
     */
    public long longInteger(String key) {
        return require(key, "an integer", Config::asLongInteger);
    }

    /**
     * {@return a number}
     *
     * @param key which
     * @param absent the value where the key is absent
     */
    public double number(String key, double absent) {
        return has(key) ? require(key, "a number", Config::asNumber) : absent;
    }

    /**
     * {@return a truth value}
     *
     * @param key which
     * @param absent the value where the key is absent
     */
    public boolean bool(String key, boolean absent) {
        return has(key) ? require(key, "true or false", Config::asBoolean) : absent;
    }

    /**
     * {@return a text}
     *
     * @param key which; it must be there
     */
    public String string(String key) {
        return require(key, "a text", Config::asString);
    }

    /**
     * {@return a text}
     *
     * @param key which
     * @param absent the value where the key is absent
     */
    public String string(String key, String absent) {
        return has(key) ? string(key) : absent;
    }

    /**
     * {@return a list of integers; a single integer stands for as many copies as are expected}
     *
     * @param key which; it must be there
     * @param count how many there have to be
     */
    public List<Integer> integers(String key, int count) {
        if (has(key) && values.get(key).isJsonPrimitive()) {
            return Collections.nCopies(count, integer(key));
        }
        List<Integer> list = list(key, "a list of integers", Config::asInteger);
        if (list.size() != count) {
            throw wrong(key, "a list of " + count);
        }
        return list;
    }

    /**
     * {@return a list of integers of any length}
     *
     * @param key which; it must be there
     */
    public List<Integer> integers(String key) {
        return list(key, "a list of integers", Config::asInteger);
    }

    /**
     * {@return a list of texts}
     *
     * @param key which; it must be there
     */
    public List<String> strings(String key) {
        return list(key, "a list of texts", Config::asString);
    }

    /**
     * {@return settings inside these}
     *
     * @param key which; it must be there
     */
    public Config object(String key) {
        return of(require(key, "an object", JsonElement::getAsJsonObject), origin + " " + key);
    }

    /**
     * Refuses a setting that this library does not support, so that it is never silently ignored.
     *
     * @param key which
     * @param supported the value as JSON text; absent or equal is fine
     */
    public void supportsOnly(String key, String supported) {
        if (has(key) && !values.get(key).equals(JsonParser.parseString(supported))) {
            throw new EllaException(
                    "%s: \"%s\" is %s, of which only %s is supported"
                            .formatted(origin, key, values.get(key), supported));
        }
    }

    /** {@return a copy as JSON} */
    public JsonObject toJson() {
        return values.deepCopy();
    }

    /** {@return the JSON text} */
    @Override
    public String toString() {
        return PRETTY.toJson(values);
    }

    private <T> List<T> list(String key, String expected, Function<JsonElement, T> read) {
        JsonArray array = require(key, expected, JsonElement::getAsJsonArray);
        List<T> list = new ArrayList<>();
        for (JsonElement element : array) {
            list.add(convert(key, expected, element, read));
        }
        return List.copyOf(list);
    }

    private <T> T require(String key, String expected, Function<JsonElement, T> read) {
        if (!has(key)) {
            throw new EllaException(origin + ": \"" + key + "\" is missing, expected " + expected);
        }
        return convert(key, expected, values.get(key), read);
    }

    private <T> T convert(
            String key, String expected, JsonElement value, Function<JsonElement, T> read) {
        try {
            return read.apply(value);
        } catch (IllegalStateException
                | NumberFormatException
                | UnsupportedOperationException
                | ArithmeticException e) {
            throw wrong(key, expected);
        }
    }

    private EllaException wrong(String key, String expected) {
        return new EllaException(
                "%s: \"%s\" is %s, expected %s".formatted(origin, key, values.get(key), expected));
    }

    private static JsonPrimitive primitive(JsonElement value, boolean fits) {
        if (!fits) {
            throw new IllegalStateException();
        }
        return value.getAsJsonPrimitive();
    }

    private static int asInteger(JsonElement value) {
        return primitive(value, value.getAsJsonPrimitive().isNumber())
                .getAsBigDecimal()
                .intValueExact();
    }

    private static long asLongInteger(JsonElement value) {
        return primitive(value, value.getAsJsonPrimitive().isNumber())
                .getAsBigDecimal()
                .toBigIntegerExact()
                .longValue();
    }

    private static double asNumber(JsonElement value) {
        return primitive(value, value.getAsJsonPrimitive().isNumber()).getAsDouble();
    }

    private static boolean asBoolean(JsonElement value) {
        return primitive(value, value.getAsJsonPrimitive().isBoolean()).getAsBoolean();
    }

    private static String asString(JsonElement value) {
        return primitive(value, value.getAsJsonPrimitive().isString()).getAsString();
    }
}
