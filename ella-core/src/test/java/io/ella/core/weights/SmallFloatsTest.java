package io.ella.core.weights;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SmallFloatsTest {

    @Test
    void everyF16SurvivesTheRoundTrip() {
        for (int half = 0; half < 1 << 16; half++) {
            float value = SmallFloats.fromF16((short) half);
            boolean signalling = Float.isNaN(value) && (half & 0x200) == 0;
            int expected = signalling ? half | 0x200 : half;
            assertThat(SmallFloats.toF16(value) & 0xffff).isEqualTo(expected);
        }
    }

    @Test
    void everyBf16SurvivesTheRoundTrip() {
        for (int half = 0; half < 1 << 16; half++) {
            float value = SmallFloats.fromBf16((short) half);
            int expected = Float.isNaN(value) ? half | 0x40 : half;
            assertThat(SmallFloats.toBf16(value) & 0xffff).isEqualTo(expected);
        }
    }

    @Test
    void decodesKnownF16() {
        assertThat(SmallFloats.fromF16((short) 0x3c00)).isEqualTo(1f);
        assertThat(SmallFloats.fromF16((short) 0xc000)).isEqualTo(-2f);
        assertThat(SmallFloats.fromF16((short) 0x7bff)).isEqualTo(65504f);
        assertThat(SmallFloats.fromF16((short) 0x0400)).isEqualTo(0x1p-14f);
        assertThat(SmallFloats.fromF16((short) 0x0001)).isEqualTo(0x1p-24f);
        assertThat(SmallFloats.fromF16((short) 0x83ff)).isEqualTo(-1023 * 0x1p-24f);
        assertThat(SmallFloats.fromF16((short) 0x7c00)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(SmallFloats.fromF16((short) 0xfc00)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(SmallFloats.fromF16((short) 0x7e00)).isNaN();
        assertThat(Float.floatToRawIntBits(SmallFloats.fromF16((short) 0x8000))).isEqualTo(1 << 31);
    }

    @Test
    void roundsF16ToNearestEven() {
        // Half-way cases: down to even, up to even; and just above a half.
        assertThat(SmallFloats.toF16(1 + 0x1p-11f)).isEqualTo((short) 0x3c00);
        assertThat(SmallFloats.toF16(1 + 3 * 0x1p-11f)).isEqualTo((short) 0x3c02);
        assertThat(SmallFloats.toF16(Math.nextUp(1 + 0x1p-11f))).isEqualTo((short) 0x3c01);
        assertThat(SmallFloats.toF16(0x1p-25f)).isEqualTo((short) 0);
        assertThat(SmallFloats.toF16(Math.nextUp(0x1p-25f))).isEqualTo((short) 1);
        assertThat(SmallFloats.toF16(3 * 0x1p-25f)).isEqualTo((short) 2);
        assertThat(SmallFloats.toF16(Math.nextDown(0x1p-14f))).isEqualTo((short) 0x400);
        assertThat(SmallFloats.toF16(65519.996f)).isEqualTo((short) 0x7bff);
        assertThat(SmallFloats.toF16(65520f)).isEqualTo((short) 0x7c00);
        assertThat(SmallFloats.toF16(-1e30f)).isEqualTo((short) 0xfc00);
        assertThat(SmallFloats.toF16(-Float.MIN_VALUE)).isEqualTo((short) 0x8000);
        assertThat(SmallFloats.fromF16(SmallFloats.toF16(Float.intBitsToFloat(0x7f800001))))
                .isNaN();
    }

    @Test
    void roundsBf16ToNearestEven() {
        assertThat(SmallFloats.toBf16(1 + 0x1p-8f)).isEqualTo((short) 0x3f80);
        assertThat(SmallFloats.toBf16(1 + 3 * 0x1p-8f)).isEqualTo((short) 0x3f82);
        assertThat(SmallFloats.toBf16(Math.nextUp(1 + 0x1p-8f))).isEqualTo((short) 0x3f81);
        assertThat(SmallFloats.toBf16(Float.MAX_VALUE)).isEqualTo((short) 0x7f80);
        assertThat(SmallFloats.toBf16(-Float.MIN_VALUE)).isEqualTo((short) 0x8000);
        assertThat(SmallFloats.fromBf16(SmallFloats.toBf16(Float.intBitsToFloat(0x7f800001))))
                .isNaN();
    }
}
