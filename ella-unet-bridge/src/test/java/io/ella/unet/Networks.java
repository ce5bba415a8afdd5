package io.ella.unet;

import io.ella.core.conformance.ConformanceCase;
import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs graphs once, in 32 bits. */
final class Networks {
    private Networks() {}

    /** The inputs of the U-Net of a case, in the order of its graph; to be closed. */
    static List<Tensor> unetInputs(Torch torch, ConformanceCase c) {
        List<Tensor> inputs = new ArrayList<>();
        inputs.add(torch.tensor(new float[] {c.args().integer("timestep")}, 1));
        if (UNetConfig.from(c.config()).hasTextTime()) {
            inputs.add(tensor(torch, c, "pooled"));
            inputs.add(tensor(torch, c, "time_ids"));
        }
        inputs.add(tensor(torch, c, "sample"));
        inputs.add(tensor(torch, c, "context"));
        return inputs;
    }

    static Tensor tensor(Torch torch, ConformanceCase c, String name) {
        StoredTensor stored = c.in(name);
        return torch.tensor(
                stored.floatArray(), stored.shape().stream().mapToLong(Long::longValue).toArray());
    }

    /** The shape of an output for so many images of so many latent rows and columns. */
    static long[] shape(Graph graph, int output, long batch, long height, long width) {
        Map<String, Long> symbols = Map.of("B", batch, "H", height, "W", width);
        return graph.outputs().get(output).shape().stream()
                .mapToLong((Dim size) -> size.value(symbols))
                .toArray();
    }

    /** The results; the inputs stay open. */
    static List<float[]> run(Torch torch, Graph graph, WeightSource source, List<Tensor> inputs) {
        try (Program program = torch.compile(graph, Precision.FP32);
                Weights weights = program.load(source);
                Outputs outputs = program.run(weights, inputs.toArray(new Tensor[0]))) {
            List<float[]> results = new ArrayList<>();
            for (int i = 0; i < graph.outputs().size(); i++) {
                results.add(outputs.get(i).floats());
            }
            return results;
        }
    }
}
