package io.ella.core.torch;

import io.ella.core.EllaException;
import java.util.Arrays;
import java.util.Locale;

/** In what floating-point format a program computes. Accumulation and norms stay in 32 bits. */
public enum Precision {
    /**
     * What the device does best without visible loss; each component decides, and the log says
     * what.
     */
    AUTO,
    /** 32 bits: the exact mode, in which the conformance cases run. */
    FP32,
    /** 16 bits with the range of fp32; fast on CPUs with AVX512-BF16 or AMX and on recent GPUs. */
    BF16,
    /** IEEE half precision; for GPUs. */
    FP16;

    /**
     * {@return the precision of that name}
     *
     * @param name as printed: {@code auto}, {@code fp32}, {@code bf16}, {@code fp16}
     */
    public static Precision of(String name) {
        return Arrays.stream(values())
                .filter(p -> p.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new EllaException(
                                        "\""
                                                + name
                                                + "\" is no precision; choose one of "
                                                + Arrays.toString(values())));
    }

    /** {@return the bytes of an element}, of any but {@link #AUTO} */
    public int bytes() {
        return switch (this) {
            case FP32 -> 4;
            case BF16, FP16 -> 2;
            case AUTO -> throw unresolved();
        };
    }

    private static IllegalStateException unresolved() {
        return new IllegalStateException("AUTO has to be resolved first");
    }

    /** The number that TorchScript has for the element type. */
    int scalarType() {
        return switch (this) {
            case FP32 -> 6;
            case BF16 -> 15;
            case FP16 -> 5;
            case AUTO -> throw unresolved();
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
