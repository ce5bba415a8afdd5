package io.ella.samples.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.torch.OperationTime;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpentTest {
    /** A lowering computes attention with the operations that layers have, too. */
    @Test
    void whatAttentionIsComputedWithIsAttention() {
        List<Spent> spent =
                Spent.of(
                        List.of(
                                new OperationTime("mkldnn::_linear_pointwise", false, 3, 4),
                                new OperationTime("mkldnn::_linear_pointwise", true, 5, 2),
                                new OperationTime("aten::copy_", true, 5, 1),
                                new OperationTime("aten::_softmax", false, 1, 0.25),
                                new OperationTime("aten::mm", false, 1, 0.5),
                                new OperationTime("mkldnn::_convolution_pointwise_", false, 1, 8),
                                new OperationTime("aten::copy_", false, 1, 0.125)),
                        List.of());
        assertThat(spent)
                .containsExactly(
                        new Spent("convolution", 8, 0, 0),
                        new Spent("linear", 4.5, 0, 0),
                        new Spent("attention", 3.25, 0, 0),
                        new Spent("other", 0.125, 0, 0));
    }
}
