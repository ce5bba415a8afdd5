package io.ella.samples;

import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command computes, and in what. */
final class Machine {
    @Option(
            names = "--precision",
            paramLabel = "auto|fp32|bf16|fp16",
            description = "In what to compute; fp32 is exact.")
    private @Nullable String precision;

    @Option(
            names = "--device",
            paramLabel = "cpu|cuda:N",
            defaultValue = "cpu",
            description = "Where to compute. Default: ${DEFAULT-VALUE}.")
    private String device = "cpu";

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "How many threads of the CPU. Default: one for each core.")
    private @Nullable Integer threads;

    /** The precision asked for, or another where none was. */
    Precision precision(Console console, Precision absent) {
        String name = precision;
        return name == null ? absent : console.parsed(() -> Precision.of(name));
    }

    Device device(Console console) {
        return console.parsed(() -> Device.of(device));
    }

    /** Checks the values, which costs nothing, so that a wrong one is told at once. */
    void check(Console console) {
        precision(console, Precision.AUTO);
        device(console);
        if (threads != null && threads < 1) {
            throw console.misuse("--threads is " + threads + ", expected at least 1");
        }
    }

    /** Sets the number of threads, which loads libtorch. */
    void start() {
        if (threads != null) {
            Torch.setThreads(threads);
        }
    }
}
