package io.ella.samples.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ApproximationsTest {
    @Test
    void psnrIsOfBytesWithoutSign() {
        byte[] one = {(byte) 200, 10, 20, 30};
        byte[] other = {(byte) 210, 10, 20, 30};

        // 10 log10(255² / (10² / 4))
        assertThat(Approximations.psnr(one, other)).isCloseTo(34.15, within(0.01));
        assertThat(Approximations.psnr(one, one)).isInfinite();
        assertThat(Approximations.psnr(new byte[] {0}, new byte[] {(byte) 255})).isZero();
    }

    @Test
    void theMedianOfAnEvenNumberLiesBetweenTwo() {
        assertThat(Median.of(List.of(3.0, 1.0, 9.0))).isEqualTo(3);
        assertThat(Median.of(List.of(4.0, 1.0, 2.0, 9.0))).isEqualTo(3);
    }
}
