package io.ella.pipeline;

import io.ella.core.EllaException;

/** A generation ended before it was done: its future was cancelled, or the pipeline closed. */
public final class GenerationCancelledException extends EllaException {
    private static final long serialVersionUID = 1L;

    GenerationCancelledException(String message) {
        super(message);
    }
}
