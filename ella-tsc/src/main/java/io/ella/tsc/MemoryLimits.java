package io.ella.tsc;

import io.ella.core.EllaException;

/**
 * How much memory a connector may use beside its weights.
 *
 * @param callBytes about how much one native call may take: a schedule that needs more is cut into
 *     several calls, of at least one timestep each
 * @param cacheBytes how much the queries that are kept for the next request may take
 */
public record MemoryLimits(long callBytes, long cacheBytes) {

    /**
     * 512 MiB a call, which is over 80 timesteps of the published connector; 256 MiB kept, which is
     * over 1,300 of them.
     */
    public static final MemoryLimits DEFAULT = new MemoryLimits(512L << 20, 256L << 20);

    /** Checks the signs. */
    public MemoryLimits {
        if (callBytes < 0 || cacheBytes < 0) {
            throw new EllaException(
                    "memory limits are %d and %d bytes; they cannot be negative"
                            .formatted(callBytes, cacheBytes));
        }
    }
}
