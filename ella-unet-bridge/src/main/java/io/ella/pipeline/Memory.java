package io.ella.pipeline;

import com.sun.management.OperatingSystemMXBean;
import io.ella.core.EllaException;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.Residency;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/** Decides by the memory of the machine. */
final class Memory {
    /**
     * A language model is used for a moment only; beyond this share of the machine it is streamed.
     */
    private static final int SHARE = 16;

    private Memory() {}

    /** {@return whether the language model in a folder stays in memory, computed in 32 bits} */
    static Residency residency(Path folder) {
        try (WeightSource source = Checkpoint.open(folder)) {
            long elements =
                    source.names().stream()
                            .mapToLong(n -> source.find(n).map(s -> s.elements()).orElse(0L))
                            .sum();
            return elements * Float.BYTES > total() / SHARE
                    ? Residency.STREAMED
                    : Residency.RESIDENT;
        }
    }

    private static long total() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            return system.getTotalMemorySize();
        }
        throw new EllaException(
                "this Java does not tell the memory of the machine; choose the residency of the text encoder");
    }
}
