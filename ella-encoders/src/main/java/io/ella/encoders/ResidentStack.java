package io.ella.encoders;

import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Params;
import io.ella.core.graph.Value;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** All layers as one program, all weights in memory. */
final class ResidentStack implements LayerStack {
    private final Torch torch;
    private final Program program;
    private final Weights weights;

    ResidentStack(
            Torch torch,
            LayeredModel model,
            WeightSource source,
            UnaryOperator<String> names,
            Precision precision) {
        this.torch = torch;
        Graph graph = graph(model);
        program = torch.compile(graph, precision);
        boolean loaded = false;
        try {
            weights = program.load(source.renamed(names));
            loaded = true;
        } finally {
            if (!loaded) {
                program.close();
            }
        }
        source.close();
    }

    /** {@return the model from ids to features, and what is watched of its layers} */
    static Graph graph(LayeredModel model) {
        return Graph.record(
                model.name(),
                g -> {
                    Value ids =
                            g.input(
                                    "ids",
                                    ElementType.INT64,
                                    LayeredModel.BATCH,
                                    LayeredModel.LENGTH);
                    List<Value> inputs = model.declareInputs(g);
                    Params p = g.params();
                    Value hidden =
                            ids.embedding(
                                            p.at(model.embeddings()),
                                            model.vocabulary(),
                                            model.width())
                                    .toFloat32();
                    List<Value> shared = model.shared(p, inputs);
                    Map<String, Value> watched = new LinkedHashMap<>();
                    for (int i = 0; i < model.layers(); i++) {
                        Params layer = p.at(model.layer(i));
                        String name = "watched_" + i;
                        model.watched(i, layer, hidden, shared)
                                .ifPresent(value -> watched.put(name, value));
                        hidden = model.layer(layer, hidden, shared);
                    }
                    g.output("features", model.last(p, hidden));
                    watched.forEach(g::output);
                });
    }

    @Override
    public Tensor run(TokenBatch batch, List<Tensor> inputs) {
        try (Tensor ids = torch.tensor(batch.flatIds(), batch.size(), batch.length())) {
            List<Tensor> all = new ArrayList<>(List.of(ids));
            all.addAll(inputs);
            return program.run(weights, all.toArray(new Tensor[0])).get(0);
        }
    }

    @Override
    public void close() {
        program.close();
        weights.close();
    }
}
