package io.ella.encoders;

import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Value;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * One program for all layers, run with the weights of each in turn; of the table of embeddings only
 * the rows of the prompt are read.
 */
final class StreamedStack implements LayerStack {
    private static final String HIDDEN = "hidden";

    private final Torch torch;
    private final LayeredModel model;
    private final StreamedWeights source;
    private final Program first;
    private final Program layer;
    private final Program last;

    StreamedStack(
            Torch torch,
            LayeredModel model,
            WeightSource source,
            UnaryOperator<String> names,
            Precision precision) {
        this.torch = torch;
        this.model = model;
        this.source = new StreamedWeights(source, names);
        Graph start = first(model);
        first = torch.compile(start, precision);
        layer = torch.compile(layer(model, start.outputs()), precision);
        last = torch.compile(last(model), precision);
    }

    private static Dim[] shape(LayeredModel model) {
        return new Dim[] {LayeredModel.BATCH, LayeredModel.LENGTH, Dim.of(model.width())};
    }

    /** From embeddings to the first hidden state and what all layers share. */
    private static Graph first(LayeredModel model) {
        return Graph.record(
                model.name() + " before its layers",
                g -> {
                    // Rounded to the precision of the target, as the resident table is.
                    g.output(HIDDEN, g.input("embeddings", shape(model)).toFloat32());
                    List<Value> shared = model.shared(g.params(), model.declareInputs(g));
                    for (int i = 0; i < shared.size(); i++) {
                        g.output("shared" + i, shared.get(i));
                    }
                });
    }

    private static Graph layer(LayeredModel model, List<Value> outputs) {
        return Graph.record(
                model.name() + " layer",
                g -> {
                    Value hidden = g.input(HIDDEN, ElementType.FLOAT32, shape(model));
                    List<Value> shared = new ArrayList<>();
                    for (Value output : outputs.subList(1, outputs.size())) {
                        Dim[] sizes = output.shape().toArray(new Dim[0]);
                        shared.add(g.input("shared" + shared.size(), output.type(), sizes));
                    }
                    g.output(HIDDEN, model.layer(g.params(), hidden, shared));
                });
    }

    private static Graph last(LayeredModel model) {
        return Graph.record(
                model.name() + " after its layers",
                g -> {
                    Value hidden = g.input(HIDDEN, ElementType.FLOAT32, shape(model));
                    g.output("features", model.last(g.params(), hidden));
                });
    }

    /** One call at a time: two would hold two layers. */
    @Override
    public synchronized Tensor run(TokenBatch batch, List<Tensor> inputs) {
        try (Outputs start = start(batch, inputs)) {
            Tensor hidden = start.get(0);
            for (int i = 0; i < model.layers(); i++) {
                hidden = through(i, hidden, start);
            }
            return end(hidden);
        }
    }

    /** Closes the hidden state that it is given. */
    private Tensor through(int index, Tensor hidden, Outputs start) {
        try (hidden;
                Weights weights = layer.load(source.below(model.layer(index)))) {
            Tensor[] arguments = new Tensor[layer.graph().inputs().size()];
            Arrays.setAll(arguments, i -> i == 0 ? hidden : start.get(i));
            return layer.run(weights, arguments).get(0);
        }
    }

    private Tensor end(Tensor hidden) {
        try (hidden;
                Weights weights = last.load(source.below(""))) {
            return last.run(weights, hidden).get(0);
        }
    }

    private Outputs start(TokenBatch batch, List<Tensor> inputs) {
        String table = model.embeddings() + ".weight";
        float[] rows = source.rows(table, model.vocabulary(), model.width(), batch.flatIds());
        try (Tensor embeddings = torch.tensor(rows, batch.size(), batch.length(), model.width());
                Weights weights = first.load(source.below(""))) {
            List<Tensor> all = new ArrayList<>(List.of(embeddings));
            all.addAll(inputs);
            return first.run(weights, all.toArray(new Tensor[0]));
        }
    }

    @Override
    public synchronized void close() {
        first.close();
        layer.close();
        last.close();
        source.close();
    }
}
