package io.ella.core.weights;

/** 16-bit floating-point formats; encoding rounds to nearest, ties to even. */
final class SmallFloats {

    private static final int INFINITY = 0x7f800000;

    /** The smallest magnitude that rounds to a binary16 infinity: 65520. */
    private static final int F16_OVERFLOW = 0x477ff000;

    /** The smallest normal binary16: 2^-14. */
    private static final int F16_NORMAL = 0x38800000;

    /** Difference of the exponent biases (127 - 15), in place. */
    private static final int F16_REBIAS = 112 << 23;

    private SmallFloats() {}

    static float fromF16(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = (half >> 10) & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0) {
            return Float.intBitsToFloat(sign | Float.floatToRawIntBits(fraction * 0x1p-24f));
        }
        int magnitude =
                exponent == 0x1f
                        ? INFINITY | (fraction << 13)
                        : (((exponent << 10) | fraction) << 13) + F16_REBIAS;
        return Float.intBitsToFloat(sign | magnitude);
    }

    static short toF16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        int magnitude = bits & 0x7fffffff;
        int half;
        if (magnitude > INFINITY) {
            half = 0x7e00 | ((magnitude >>> 13) & 0x3ff);
        } else if (magnitude >= F16_OVERFLOW) {
            half = 0x7c00;
        } else if (magnitude < F16_NORMAL) {
            // The product is exact; a carry into 1024 is the smallest normal number.
            half = (int) Math.rint(Float.intBitsToFloat(magnitude) * 0x1p24);
        } else {
            int rebiased = magnitude - F16_REBIAS;
            half = (rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13;
        }
        return (short) (sign | half);
    }

    static float fromBf16(short upper) {
        return Float.intBitsToFloat(upper << 16);
    }

    static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if ((bits & 0x7fffffff) > INFINITY) {
            // Rounding could carry a NaN into an infinity, truncation could clear its payload.
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }
}
