package io.ella.core;

import org.jspecify.annotations.Nullable;

/**
 * The one unchecked root of what this library reports.
 *
 * <p>A message says what was found, what was expected and what to do about it. Subclasses exist
 * only where a caller can react differently (a cancelled generation, say).
 */
public class EllaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Reports a problem found here.
     *
     * @param message what was found, what was expected, and the remedy
     */
    public EllaException(String message) {
        super(message);
    }

    /**
     * Reports a problem found below.
     *
     * @param message what was found, what was expected, and the remedy
     * @param cause what was thrown below, kept for the stack trace
     */
    public EllaException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
