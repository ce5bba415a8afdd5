package io.ella.tsc;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.config.Config;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what the official ELLA code gave. */
class ConformanceTest {
    @ParameterizedTest
    @ValueSource(strings = {"tsc-tiny", "tsc-sd15", "tsc-llama2-13b-width"})
    void agreesWithReference(String name, @TempDir Path folder) {
        String root = "/conformance/cases/" + name + "/";
        Config spec = Config.parse(TestFiles.text(root + "case.json"), name);
        Path file =
                TestFiles.copy(root + "tensors.safetensors", folder.resolve(name + ".safetensors"));
        double[] timesteps =
                spec.object("args").integers("timesteps").stream().mapToDouble(t -> t).toArray();
        HashWeights weights = new HashWeights(spec.object("weights").integer("seed"));
        try (Safetensors tensors = Safetensors.open(file);
                Torch torch = Torch.open(Device.CPU);
                TimestepAwareSemanticConnector tsc =
                        TimestepAwareSemanticConnector.load(
                                torch,
                                TscConfig.of(spec.object("config")),
                                weights,
                                Precision.FP32);
                Tensor text = tensor(torch, tensors.tensor("in.text"));
                Queries queries = tsc.queries(name, text, timesteps)) {
            double worst = 0;
            for (double t : timesteps) {
                StoredTensor expected = tensors.tensor("out.queries." + (int) t);
                assertThat(queries.at(t).shape()).containsExactly(shape(expected));
                worst =
                        Math.max(
                                worst,
                                TestFiles.distance(
                                        queries.at(t).floats(),
                                        TestFiles.doubles(expected.floatArray())));
            }
            assertThat(worst).isLessThan(spec.object("tolerance").number("rel_l2", 0));
        }
    }

    private static Tensor tensor(Torch torch, StoredTensor stored) {
        return torch.tensor(stored.floatArray(), shape(stored));
    }

    private static long[] shape(StoredTensor stored) {
        return stored.shape().stream().mapToLong(Long::longValue).toArray();
    }
}
