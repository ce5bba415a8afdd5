package io.ella.samples.bench;

import java.util.List;

/** What half of all times are below. */
public final class Median {
    private Median() {}

    /**
     * {@return the median}
     *
     * @param values one at least, in any order
     */
    public static double of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
