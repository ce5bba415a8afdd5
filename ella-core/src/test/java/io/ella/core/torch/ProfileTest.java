package io.ella.core.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.weights.HashWeights;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProfileTest {
    @Test
    void operationsAreCountedAndTimed() {
        Graph graph =
                Graph.record(
                        "profiled",
                        g -> g.output("y", g.input("x", Dim.symbol("B"), Dim.of(8)).silu().silu()));
        try (Torch torch = Torch.open(Device.CPU);
                Program program = torch.compile(graph, Precision.FP32);
                Weights none = program.load(new HashWeights(1));
                Tensor x = torch.tensor(new float[16], 2, 8)) {
            List<OperationTime> times = torch.profile(() -> program.run(none, x).close());
            assertThat(times)
                    .anySatisfy(
                            time -> {
                                assertThat(time.name()).isEqualTo("aten::silu");
                                assertThat(time.calls()).isEqualTo(2);
                                assertThat(time.seconds()).isPositive();
                            });
        }
    }
}
