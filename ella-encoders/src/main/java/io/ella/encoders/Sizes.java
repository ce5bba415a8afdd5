package io.ella.encoders;

import io.ella.core.EllaException;

/** Checks of configured sizes. */
final class Sizes {

    private Sizes() {}

    static void positive(String key, long value) {
        if (value < 1) {
            throw new EllaException(key + " is " + value + ", it must be at least 1");
        }
    }

    static void divides(String divisorKey, long divisor, String key, long value) {
        if (value % divisor != 0) {
            throw new EllaException(
                    "%s is %d and %s is %d: the first must divide the second"
                            .formatted(divisorKey, divisor, key, value));
        }
    }

    static void epsilon(String key, double value) {
        if (!(value > 0 && value < 1)) {
            throw new EllaException(key + " is " + value + ", it must lie between 0 and 1");
        }
    }
}
