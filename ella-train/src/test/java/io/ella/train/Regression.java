package io.ella.train;

import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Value;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import java.util.List;
import java.util.SplittableRandom;

/** A network of two layers learns a function of three numbers, from examples numbered on. */
record Regression(int batch) implements TrainingTask {
    private static final int INPUTS = 3;
    private static final int HIDDEN = 8;

    @Override
    public Graph graph() {
        return Graph.record(
                "regression",
                g -> {
                    Dim rows = Dim.symbol("B");
                    Value x = g.input("x", rows, Dim.of(INPUTS));
                    Value y = g.input("y", rows, Dim.of(1));
                    Value h = x.linear(g.params().at("fc1"), HIDDEN).silu();
                    h = h.layerNorm(g.params().at("norm"), 1e-5);
                    Value error = h.linear(g.params().at("fc2"), 1).sub(y);
                    g.output("loss", error.toFloat32().unary(Op.UnaryFunction.SQUARE).mean());
                });
    }

    @Override
    public boolean learns(String parameter) {
        return true;
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        float[] x = new float[batch * INPUTS];
        float[] y = new float[batch];
        for (int i = 0; i < batch; i++) {
            SplittableRandom random = new SplittableRandom(number * batch + i);
            for (int j = 0; j < INPUTS; j++) {
                x[i * INPUTS + j] = (float) random.nextDouble(-1, 1);
            }
            y[i] = x[i * INPUTS] * x[i * INPUTS + 1] - x[i * INPUTS + 2];
        }
        return List.of(torch.tensor(x, batch, INPUTS), torch.tensor(y, batch, 1));
    }
}
