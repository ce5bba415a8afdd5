package io.ella.samples.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.torch.OperationTime;
import io.ella.core.torch.OperationTime.Part;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpentTest {
    /** A lowering computes attention and convolutions with operations that layers have, too. */
    @Test
    void whatAnOperationOfTheGraphIsComputedWithIsOfItsKind() {
        List<Spent> spent =
                Spent.of(
                        List.of(
                                new OperationTime("mkldnn::_linear_pointwise", Part.WHOLE, 3, 4),
                                new OperationTime(
                                        "mkldnn::_linear_pointwise", Part.ATTENTION, 5, 2),
                                new OperationTime("aten::copy_", Part.ATTENTION, 5, 1),
                                new OperationTime("aten::_softmax", Part.WHOLE, 1, 0.25),
                                new OperationTime("aten::mm", Part.WHOLE, 1, 0.5),
                                new OperationTime(
                                        "mkldnn::_convolution_pointwise_", Part.WHOLE, 1, 8),
                                new OperationTime("aten::bmm", Part.CONVOLUTION, 1, 0.5),
                                new OperationTime("aten::copy_", Part.WHOLE, 1, 0.125)),
                        List.of());
        assertThat(spent)
                .containsExactly(
                        new Spent("convolution", 8.5, 0, 0),
                        new Spent("linear", 4.5, 0, 0),
                        new Spent("attention", 3.25, 0, 0),
                        new Spent("other", 0.125, 0, 0));
    }
}
