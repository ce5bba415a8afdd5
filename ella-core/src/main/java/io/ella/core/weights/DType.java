package io.ella.core.weights;

import io.ella.core.EllaException;
import java.util.Arrays;

/** The element types of stored tensors, by their names in the safetensors format. */
public enum DType {
    /** IEEE 754 binary64. */
    F64(8),
    /** IEEE 754 binary32. */
    F32(4),
    /** IEEE 754 binary16. */
    F16(2),
    /** The upper half of a binary32: 8 bits of exponent, 7 of fraction. */
    BF16(2),
    /** Signed 64-bit integer. */
    I64(8),
    /** Signed 32-bit integer. */
    I32(4),
    /** Signed 16-bit integer. */
    I16(2),
    /** Signed byte. */
    I8(1),
    /** Unsigned byte. */
    U8(1),
    /** One byte: 0 is false, anything else true. */
    BOOL(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** {@return the bytes of one element} */
    public int bytes() {
        return bytes;
    }

    /** {@return whether the elements are floating-point numbers} */
    public boolean isFloating() {
        return this == F64 || this == F32 || this == F16 || this == BF16;
    }

    /**
     * {@return the type of that name}
     *
     * @param name a name as in a safetensors header, such as {@code BF16}
     * @throws EllaException if the name is none of these types
     */
    public static DType parse(String name) {
        for (DType type : values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        String remedy =
                name.startsWith("F8_") || name.startsWith("F4") || name.startsWith("F6_")
                        ? "Use the F16 or BF16 variant of this checkpoint, or convert it to one."
                        : "Convert the tensor to one of them.";
        throw new EllaException(
                "dtype \"%s\" is not supported; supported are %s. %s"
                        .formatted(name, Arrays.toString(values()), remedy));
    }
}
