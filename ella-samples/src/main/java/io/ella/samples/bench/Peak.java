package io.ella.samples.bench;

import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.HashWeights;
import java.util.Map;

/**
 * How fast the machine multiplies when nothing else is in the way: what a network's speed is to be
 * compared with.
 *
 * @param convolution 3×3, 512 channels, 64×64, in GFLOP/s
 * @param matmul a linear layer of 2048 rows from 2048 to 2048 columns, in GFLOP/s
 */
public record Peak(double convolution, double matmul) {
    private static final int CHANNELS = 512;
    private static final int SIDE = 64;
    private static final int WIDTH = 2048;
    private static final int WARM_UP = 2;

    /**
     * Measures.
     *
     * @param torch where
     * @param precision in what; not AUTO
     * @param runs how many, of which the best counts
     * @return the speeds
     */
    public static Peak measure(Torch torch, Precision precision, int runs) {
        Graph convolution =
                Graph.record(
                        "a convolution",
                        g -> {
                            Dim side = Dim.of(SIDE);
                            var x = g.input("x", Dim.of(1), Dim.of(CHANNELS), side, side);
                            g.output("y", x.conv2d(g.params(), CHANNELS, 3));
                        });
        Graph matmul =
                Graph.record(
                        "a matrix product",
                        g -> {
                            var x = g.input("x", Dim.of(WIDTH), Dim.of(WIDTH));
                            g.output("y", x.linear(g.params(), WIDTH));
                        });
        return new Peak(
                best(torch, precision, runs, convolution, 1, CHANNELS, SIDE, SIDE),
                best(torch, precision, runs, matmul, WIDTH, WIDTH));
    }

    private static double best(
            Torch torch, Precision precision, int runs, Graph graph, long... shape) {
        double least = Double.POSITIVE_INFINITY;
        try (Program program = torch.compile(graph, precision);
                Weights weights = program.load(new HashWeights(0));
                Tensor x = torch.tensor(HashWeights.uniform("x", shape, 1), shape)) {
            for (int i = 0; i < WARM_UP + runs; i++) {
                long start = System.nanoTime();
                try (Outputs outputs = program.run(weights, x)) {
                    outputs.get(0).floats(); // waits for a GPU
                }
                if (i >= WARM_UP) {
                    least = Math.min(least, (System.nanoTime() - start) * 1e-9);
                }
            }
        }
        return graph.flops(Map.of()) / least / 1e9;
    }

    /** {@return the better of both, in GFLOP/s} */
    public double gflops() {
        return Math.max(convolution, matmul);
    }
}
