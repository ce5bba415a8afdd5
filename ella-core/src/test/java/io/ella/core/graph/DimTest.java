package io.ella.core.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DimTest {
    private static final Dim H = Dim.symbol("H");
    private static final Dim W = Dim.symbol("W");

    @Test
    void equalWhenTheCanonicalFormIs() {
        assertThat(H.times(W).times(2).dividedBy(2)).isEqualTo(W.times(H));
        assertThat(H.plus(1).plus(-1)).isEqualTo(H);
        assertThat(H.plus(H)).isEqualTo(H.times(2));
        assertThat(H.plus(-1).dividedBy(2)).isNotEqualTo(H.dividedBy(2));
    }

    @Test
    void aStridedConvolutionOverAMultipleOfEightHalves() {
        Dim size = H.times(8).plus(2 - 3).dividedBy(2).plus(1);
        assertThat(size).isEqualTo(H.times(4));
    }

    @Test
    void quotientsRoundDownAlsoBelowZero() {
        Dim size = H.plus(-4).dividedBy(3);
        assertThat(size.value(Map.of("H", 3L))).isEqualTo(-1);
        assertThat(size.value(Map.of("H", 9L))).isEqualTo(1);
        assertThat(Dim.of(-1).dividedBy(2).constant()).isEqualTo(-1);
    }

    @Test
    void saysWhatItDoesNotKnow() {
        assertThatThrownBy(() -> H.value(Map.of("W", 2L)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("\"H\"")
                .hasMessageContaining("[W]");
        assertThatThrownBy(H::constant).hasMessageContaining("H");
        assertThatThrownBy(() -> Dim.symbol("2x")).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> H.dividedBy(0)).isInstanceOf(EllaException.class);
    }
}
