package io.ella.samples.conformance;

import java.util.Optional;

/**
 * How a case went.
 *
 * @param name of the case
 * @param component what it is about; empty if the case could not be read
 * @param distance the largest relative L2 distance of an output from the expected one; NaN after an
 *     error
 * @param worst the output with that distance; empty after an error
 * @param limit the largest distance that passes
 * @param seconds how long it took
 * @param error why there is no distance
 */
public record CaseResult(
        String name,
        String component,
        double distance,
        String worst,
        double limit,
        double seconds,
        Optional<String> error) {

    /** {@return whether every output is within the limit; a distance that is no number is not} */
    public boolean passed() {
        return error.isEmpty() && distance <= limit;
    }
}
