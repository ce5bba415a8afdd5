package io.ella.core.scheduler;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.ella.core.EllaException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The content of a {@code scheduler_config.json}, in the vocabulary of diffusers. Immutable.
 *
 * <p>All keys are kept, also those that no scheduler here knows; what a key means, and what holds
 * when it is absent, is for the scheduler to say that {@code _class_name} names. Checks of the
 * values therefore happen in {@link Schedulers#fromConfig}.
 *
 * @param values the settings in file order: Boolean, Long, Double, String, List, Map or null
 */
public record SchedulerConfig(Map<String, @Nullable Object> values) {
    private static final String CLASS_NAME = "_class_name";
    private static final String SPACING = "timestep_spacing";
    private static final Set<String> LEADING_BY_DEFAULT =
            Set.of("DDIMScheduler", "PNDMScheduler", "LCMScheduler");
    private static final String USED_DEFAULTS = "_use_default_values";
    private static final Gson GSON =
            new GsonBuilder()
                    .setPrettyPrinting()
                    .serializeNulls()
                    .disableHtmlEscaping()
                    .serializeSpecialFloatingPointValues()
                    .create();

    /** What Stable Diffusion 1.x checkpoints carry; the default of single-file checkpoints. */
    public static final SchedulerConfig STABLE_DIFFUSION_1_5 =
            fromJson(
                    """
                    {
                      "_class_name": "PNDMScheduler",
                      "beta_end": 0.012,
                      "beta_schedule": "scaled_linear",
                      "beta_start": 0.00085,
                      "clip_sample": false,
                      "num_train_timesteps": 1000,
                      "prediction_type": "epsilon",
                      "set_alpha_to_one": false,
                      "skip_prk_steps": true,
                      "steps_offset": 1,
                      "timestep_spacing": "leading",
                      "trained_betas": null
                    }
                    """);

    /**
     * Copies the settings.
     *
     * @throws EllaException if a value is of a type that JSON does not have
     */
    public SchedulerConfig {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        values.forEach((key, value) -> copy.put(key, normal(key, value)));
        // keys that diffusers marks as never given: each class takes its own default for them
        if (copy.remove(USED_DEFAULTS) instanceof List<?> defaults) {
            defaults.forEach(copy::remove);
        }
        values = Collections.unmodifiableMap(copy);
    }

    /**
     * Reads a configuration.
     *
     * @param json the text of a {@code scheduler_config.json}
     * @return the configuration
     * @throws EllaException if the text is not a JSON object
     */
    public static SchedulerConfig fromJson(String json) {
        JsonElement root;
        try {
            root = JsonParser.parseString(json);
        } catch (JsonParseException e) {
            throw new EllaException(
                    "The scheduler configuration is not JSON: " + e.getMessage(), e);
        }
        if (!root.isJsonObject()) {
            throw new EllaException(
                    "The scheduler configuration is not a JSON object but starts with "
                            + json.strip().lines().findFirst().orElse("nothing")
                            + ". Is this a scheduler_config.json?");
        }
        return new SchedulerConfig(object(root.getAsJsonObject()));
    }

    /** {@return this configuration as the text of a {@code scheduler_config.json}} */
    public String toJson() {
        return GSON.toJson(values) + "\n";
    }

    /**
     * {@return the diffusers class that the configuration names, such as {@code DDIMScheduler}}
     *
     * @throws EllaException if it names none
     */
    public String className() {
        if (values.get(CLASS_NAME) instanceof String name) {
            return name;
        }
        throw new EllaException(
                "The scheduler configuration has no \"_class_name\"; it has the keys "
                        + values.keySet()
                        + ". Add one, such as \"PNDMScheduler\".");
    }

    /**
     * {@return this configuration with one value changed or added}
     *
     * @param key the key
     * @param value its value: a Boolean, number, String, List or null
     */
    public SchedulerConfig with(String key, @Nullable Object value) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>(values);
        copy.put(key, value);
        return new SchedulerConfig(copy);
    }

    /**
     * This configuration for another class. A {@code timestep_spacing} that merely is the default
     * of the class it was written for does not count as a choice, so that the new class takes its
     * own: published configurations leave the key out, and saving them anew, which spells it out,
     * must not change what is drawn.
     */
    SchedulerConfig withClassName(String name) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>(values);
        Object spacing = copy.get(SPACING);
        String old = className();
        if (!old.equals(name) && defaultSpacing(old).equals(spacing)) {
            copy.remove(SPACING);
        }
        copy.put(CLASS_NAME, name);
        return new SchedulerConfig(copy);
    }

    private static String defaultSpacing(String className) {
        return LEADING_BY_DEFAULT.contains(className) ? "leading" : "linspace";
    }

    SchedulerConfig replacing(String key, Set<String> values, String replacement) {
        Object value = this.values.get(key);
        return value != null && values.contains(value) ? with(key, replacement) : this;
    }

    private static @Nullable Object normal(String key, @Nullable Object value) {
        if (value == null || value instanceof Boolean || value instanceof String) {
            return value;
        }
        if (value instanceof Long || value instanceof Integer) {
            return ((Number) value).longValue();
        }
        if (value instanceof Double || value instanceof Float) {
            return ((Number) value).doubleValue();
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> copy = new ArrayList<>();
            list.forEach(element -> copy.add(normal(key, element)));
            return Collections.unmodifiableList(copy);
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> copy = new LinkedHashMap<>();
            map.forEach((k, v) -> copy.put(String.valueOf(k), normal(key, v)));
            return Collections.unmodifiableMap(copy);
        }
        throw new EllaException(
                "\""
                        + key
                        + "\" is a "
                        + value.getClass().getName()
                        + ", which JSON does not have.");
    }

    private static Map<String, @Nullable Object> object(JsonObject json) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        json.entrySet().forEach(e -> values.put(e.getKey(), value(e.getValue())));
        return values;
    }

    private static @Nullable Object value(JsonElement json) {
        if (json.isJsonNull()) {
            return null;
        }
        if (json.isJsonObject()) {
            return object(json.getAsJsonObject());
        }
        if (json.isJsonArray()) {
            List<@Nullable Object> list = new ArrayList<>();
            json.getAsJsonArray().forEach(element -> list.add(value(element)));
            return list;
        }
        JsonPrimitive primitive = json.getAsJsonPrimitive();
        if (primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        String text = primitive.getAsString();
        if (primitive.isNumber()) {
            return number(text);
        }
        return switch (text) { // Python writes these without quotes, which Gson reads as strings
            case "-Infinity", "Infinity", "NaN" -> Double.valueOf(text);
            default -> text;
        };
    }

    private static Object number(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            return Double.valueOf(text);
        }
    }
}
