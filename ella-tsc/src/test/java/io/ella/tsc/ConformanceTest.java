package io.ella.tsc;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.conformance.ConformanceCase;
import io.ella.core.conformance.ConformanceResources;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.StoredTensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what the official ELLA code gave. */
class ConformanceTest {

    @ParameterizedTest
    @ValueSource(strings = {"tsc-tiny", "tsc-sd15", "tsc-llama2-13b-width"})
    void agreesWithReference(String name) {
        ConformanceCase reference = ConformanceResources.get(name);
        TscConfig config = TscConfig.of(reference.config());
        StoredTensor in = reference.in("text");
        long[] shape = in.shape().stream().mapToLong(Long::longValue).toArray();
        double[] timesteps =
                reference.args().integers("timesteps").stream().mapToDouble(t -> t).toArray();
        try (Torch torch = Torch.open(Device.CPU);
                TimestepAwareSemanticConnector tsc =
                        TimestepAwareSemanticConnector.load(
                                torch, config, reference.weights(), Precision.FP32);
                Tensor text = torch.tensor(in.floatArray(), shape);
                Queries queries = tsc.queries(name, text, timesteps)) {
            assertThat(reference.outputs()).hasSize(timesteps.length);
            for (double t : timesteps) {
                assertThat(queries.at(t).shape())
                        .containsExactly(shape[0], config.numLatents(), config.width());
                assertThat(reference.distance("queries." + (int) t, queries.at(t).floats()))
                        .isLessThan(reference.tolerance());
            }
        }
    }
}
