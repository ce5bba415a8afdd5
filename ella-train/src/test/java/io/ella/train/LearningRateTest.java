package io.ella.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import org.junit.jupiter.api.Test;

class LearningRateTest {
    @Test
    void constantRisesAndStays() {
        LearningRate rate = LearningRate.constant(1e-4, 4);
        assertThat(rate.at(0)).isEqualTo(0.25e-4, within(1e-12));
        assertThat(rate.at(3)).isEqualTo(1e-4, within(1e-12));
        assertThat(rate.at(1_000_000)).isEqualTo(1e-4);
        assertThat(LearningRate.constant(1e-4, 0).at(0)).isEqualTo(1e-4);
    }

    @Test
    void cosineFallsToItsFloorAndStaysThere() {
        LearningRate rate = new LearningRate(1, 10, 10, 100, 0.1);
        assertThat(rate.at(10)).isEqualTo(1, within(1e-12));
        assertThat(rate.at(60)).isEqualTo(0.55, within(1e-12));
        assertThat(rate.at(110)).isEqualTo(0.1, within(1e-12));
        assertThat(rate.at(500)).isEqualTo(0.1, within(1e-12));
        for (int step = 11; step < 110; step++) {
            assertThat(rate.at(step)).isLessThan(rate.at(step - 1));
        }
        assertThat(LearningRate.cosine(2, 10, 110).at(110)).isEqualTo(0.04, within(1e-12));
        assertThat(LearningRate.cosine(2, 10, 5).at(4)).isEqualTo(1, within(1e-12));
    }

    @Test
    void trapezoidStaysUntilItFalls() {
        LearningRate rate = LearningRate.trapezoid(2, 10, 100, 20);
        assertThat(rate.at(10)).isEqualTo(2);
        assertThat(rate.at(80)).isEqualTo(2);
        assertThat(rate.at(90)).isEqualTo(1.02, within(1e-12));
        assertThat(rate.at(100)).isEqualTo(0.04, within(1e-12));
    }

    @Test
    void rangesAreChecked() {
        assertThatThrownBy(() -> LearningRate.constant(0, 0)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> LearningRate.constant(Double.NaN, 0))
                .isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> LearningRate.constant(1, -1)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> new LearningRate(1, 0, 0, 5, 2)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> new LearningRate(1, 10, 5, 5, 0))
                .isInstanceOf(EllaException.class);
    }
}
