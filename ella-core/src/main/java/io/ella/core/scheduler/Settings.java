package io.ella.core.scheduler;

import io.ella.core.EllaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Typed reading of a configuration for one class: absent keys take the default given. */
final class Settings {
    private final SchedulerConfig config;

    Settings(SchedulerConfig config) {
        this.config = config;
    }

    SchedulerConfig config() {
        return config;
    }

    /** A switch; null is false, as in Python. */
    boolean flag(String key, boolean absent) {
        Object value = get(key, absent);
        if (value == null) {
            return false;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw bad(key, "true or false");
    }

    int integer(String key, int absent, int min, int max) {
        Object value = get(key, (long) absent);
        if (value instanceof Number n && n.doubleValue() == Math.rint(n.doubleValue())) {
            double whole = n.doubleValue();
            if (whole >= min && whole <= max) {
                return (int) whole;
            }
        }
        throw bad(key, "a whole number from " + min + " to " + max);
    }

    /** A number from {@code min} to {@code max}; infinite only if a bound is. */
    double number(String key, double absent, double min, double max) {
        Object value = get(key, absent);
        if (value instanceof Number n && n.doubleValue() >= min && n.doubleValue() <= max) {
            return n.doubleValue();
        }
        throw bad(key, "a number from " + min + " to " + max);
    }

    /** A positive number, or the value given if the key is absent or null. */
    double positive(String key, double absent) {
        Object value = get(key, null);
        if (value == null) {
            return absent;
        }
        if (value instanceof Number n
                && n.doubleValue() > 0
                && n.doubleValue() <= Float.MAX_VALUE) {
            return n.doubleValue();
        }
        throw bad(key, "a positive number or null");
    }

    String choice(String key, String absent, String... allowed) {
        Object value = get(key, absent);
        if (value instanceof String text && Arrays.asList(allowed).contains(text)) {
            return text;
        }
        throw bad(key, "one of " + String.join(", ", allowed));
    }

    /** Whether the last noise level is zero, not the least of training. */
    boolean endsAtZero() {
        return choice("final_sigmas_type", "zero", "zero", "sigma_min").equals("zero");
    }

    /** A list of numbers, or null if the key is absent or null. */
    @Nullable List<Double> numbers(String key) {
        Object value = get(key, null);
        if (value == null) {
            return null;
        }
        if (!(value instanceof List<?> list)) {
            throw bad(key, "a list of numbers or null");
        }
        List<Double> numbers = new ArrayList<>();
        for (Object element : list) {
            if (!(element instanceof Number n)) {
                throw bad(key, "a list of numbers or null");
            }
            numbers.add(n.doubleValue());
        }
        return numbers;
    }

    /** Refuses settings that would change the result and that no code here honours. */
    void refuseFlags(String... keys) {
        for (String key : keys) {
            if (flag(key, false)) {
                throw bad(key, "false (true is not supported here)");
            }
        }
    }

    /** Refuses any value but null. */
    void refuse(String... keys) {
        for (String key : keys) {
            if (get(key, null) != null) {
                throw bad(key, "null (it is not supported here)");
            }
        }
    }

    EllaException bad(String key, String expected) {
        Object value = get(key, null);
        String found = value instanceof String ? "\"" + value + "\"" : shortened(value);
        found = config.values().containsKey(key) ? found : "absent";
        return new EllaException(
                config.className()
                        + ": \""
                        + key
                        + "\" is "
                        + found
                        + ", expected "
                        + expected
                        + ". Correct scheduler_config.json or choose another scheduler.");
    }

    private static String shortened(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }

    private @Nullable Object get(String key, @Nullable Object absent) {
        return config.values().containsKey(key) ? config.values().get(key) : absent;
    }
}
