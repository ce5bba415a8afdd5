package io.ella.samples.conformance;

import io.ella.core.EllaException;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Value;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where cases run.
 *
 * @param torch the device
 * @param asked the precision; AUTO for each component's own choice
 */
record Workbench(Torch torch, Precision asked) {

    /** The precision of all but the U-Net. */
    Precision precision() {
        if (asked != Precision.AUTO) {
            return asked;
        }
        return torch.device().isCuda() ? Precision.FP16 : Precision.FP32;
    }

    /** The precision of the U-Net, which is less sensitive. */
    Precision unetPrecision() {
        boolean fast = asked == Precision.AUTO && !torch.device().isCuda() && Torch.hasFastBf16();
        return fast ? Precision.BF16 : precision();
    }

    Tensor tensor(StoredTensor stored) {
        return torch.tensor(stored.floatArray(), shape(stored));
    }

    static long[] shape(StoredTensor stored) {
        return stored.shape().stream().mapToLong(Long::longValue).toArray();
    }

    static long[][] rows(StoredTensor stored) {
        long[] all = stored.longArray();
        int rows = Math.toIntExact(stored.shape().get(0));
        long[][] split = new long[rows][all.length / rows];
        for (int i = 0; i < all.length; i++) {
            split[i / split[0].length][i % split[0].length] = all[i];
        }
        return split;
    }

    /**
     * Runs a network once and frees it.
     *
     * @param graph the network
     * @param precision in what
     * @param seed of its weights
     * @param inputs by name; they stay the caller's
     * @return the results in the order of the graph's outputs
     */
    List<float[]> run(Graph graph, Precision precision, long seed, Map<String, Tensor> inputs) {
        return run(graph, precision, new HashWeights(seed), inputs);
    }

    /** As {@link #run(Graph, Precision, long, Map)}, with weights from anywhere. */
    List<float[]> run(
            Graph graph, Precision precision, WeightSource source, Map<String, Tensor> inputs) {
        try (Program program = torch.compile(graph, precision);
                Weights weights = program.load(source);
                Outputs outputs = program.run(weights, ordered(graph, inputs))) {
            List<float[]> results = new ArrayList<>();
            for (int i = 0; i < graph.outputs().size(); i++) {
                results.add(outputs.get(i).floats());
            }
            return results;
        }
    }

    /** The inputs of a network in its order. */
    static Tensor[] ordered(Graph graph, Map<String, Tensor> inputs) {
        return graph.inputs().stream().map(v -> input(v, inputs)).toArray(Tensor[]::new);
    }

    private static Tensor input(Value value, Map<String, Tensor> inputs) {
        String name = ((Op.Input) value.op()).name();
        Tensor tensor = inputs.get(name);
        if (tensor == null) {
            throw new EllaException("the network takes \"" + name + "\", the case does not say it");
        }
        return tensor;
    }
}
