package io.ella.core.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import io.ella.core.graph.AttentionOptions;
import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.graph.Value;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
    private static final Dim B = Dim.symbol("B");

    private static Torch torch;

    @TempDir private Path folder;

    @BeforeAll
    static void open() {
        torch = Torch.open(Device.CPU);
    }

    @AfterAll
    static void close() {
        assertThat(torch.liveTensors()).isZero();
        torch.close();
    }

    /** Mean squared error of a linear layer of two inputs. */
    private static Graph regression() {
        return Graph.record(
                "regression",
                g -> {
                    Value x = g.input("x", B, Dim.of(2));
                    Value y = g.input("y", B, Dim.of(1));
                    Value error = x.linear(g.params().at("fc"), 1).sub(y);
                    g.output("loss", error.unary(Op.UnaryFunction.SQUARE).toFloat32().mean());
                });
    }

    /** Every kind of layer that a U-Net and a text encoder have. */
    private static Graph network() {
        return Graph.record(
                "network",
                g -> {
                    Value x = g.input("x", B, Dim.of(4), Dim.of(6), Dim.of(6));
                    Value ids = g.input("ids", ElementType.INT64, B, Dim.of(5));
                    Value h = x.conv2d(g.params().at("conv"), 8, 3);
                    h = h.groupNorm(g.params().at("norm"), 2, 1e-5).silu();
                    h = h.conv2d(g.params().at("down"), 8, 3, 2, 1);
                    h =
                            h.upsampleNearest(Dim.of(6), Dim.of(6))
                                    .add(h.upsampleNearest(Dim.of(6), Dim.of(6)));
                    h = h.permute(0, 2, 3, 1).reshape(B, Dim.of(36), Dim.of(8));
                    Value c = ids.embedding(g.params().at("table"), 7, 8);
                    c = c.rmsNorm(g.params().at("rms"), 1e-6);
                    Value q = h.layerNorm(g.params().at("ln"), 1e-5);
                    q = q.attention(c, c, AttentionOptions.heads(2));
                    h = h.add(q.linear(g.params().at("out"), 8).gelu());
                    Value logits = h.reshape(B.times(36), Dim.of(8)).toFloat32();
                    g.output("loss", logits.clamp(-9, 9).unary(Op.UnaryFunction.SQUARE).mean());
                });
    }

    @Test
    void stepsAreThoseOfAdamW() {
        AdamW adam = new AdamW(0.9, 0.99, 1e-8, 0.1, 0.5);
        double[] w = {0.5, -0.25, 0.125};
        double[] m = new double[3];
        double[] v = new double[3];
        double[] average = w.clone();
        float[][] batches = {{1, 2}, {-1, 0.5f}, {0.25f, 3}};
        WeightSource start = source(new float[] {0.5f, -0.25f}, new float[] {0.125f});
        try (Trainer trainer = torch.trainer(regression(), Precision.FP32, name -> true, start)) {
            for (int step = 1; step <= 5; step++) {
                double[] gradient = new double[3];
                for (float[] x : batches) {
                    double error = w[0] * x[0] + w[1] * x[1] + w[2] - 1;
                    double[] part = {2 * error * x[0], 2 * error * x[1], 2 * error};
                    for (int i = 0; i < 3; i++) {
                        gradient[i] += part[i] / batches.length;
                    }
                    assertThat(accumulate(trainer, x)[0]).isCloseTo(error * error, within(1e-5));
                }
                double norm = Math.sqrt(dot(gradient, gradient));
                double scale = Math.min(1, 0.5 / (norm + 1e-6));
                for (int i = 0; i < 3; i++) {
                    double g = gradient[i] * scale;
                    m[i] = 0.9 * m[i] + 0.1 * g;
                    v[i] = 0.99 * v[i] + 0.01 * g * g;
                    w[i] -= 0.01 * 0.1 * w[i];
                    double corrected = Math.sqrt(v[i] / (1 - Math.pow(0.99, step)));
                    w[i] -= 0.01 * m[i] / (1 - Math.pow(0.9, step)) / (corrected + 1e-8);
                    average[i] += 0.2 * (w[i] - average[i]);
                }
                assertThat(trainer.update(adam, 0.01, 0.8)).isCloseTo(norm, within(1e-5));
                assertThat(flat(trainer.weights(false))).containsExactly(w, within(1e-6));
                assertThat(flat(trainer.weights(true))).containsExactly(average, within(1e-6));
            }
            assertThat(trainer.steps()).isEqualTo(5);
        }
    }

    private static double[] accumulate(Trainer trainer, float[] x) {
        try (Tensor in = torch.tensor(x, 1, 2);
                Tensor out = torch.tensor(new float[] {1}, 1, 1)) {
            return trainer.accumulate(in, out);
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double[] flat(List<StoredTensor> tensors) {
        List<Double> all = new ArrayList<>();
        for (StoredTensor tensor : tensors) {
            for (float value : tensor.floatArray()) {
                all.add((double) value);
            }
        }
        return all.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private WeightSource source(float[] weight, float[] bias) {
        Path file = folder.resolve("start.safetensors");
        Safetensors.write(
                file,
                Map.of(),
                List.of(
                        StoredTensor.of("fc.weight", weight, 1, 2),
                        StoredTensor.of("fc.bias", bias, 1)));
        return Safetensors.open(file);
    }

    private static double step(Trainer trainer) {
        double loss = loss(trainer, trainer.steps());
        trainer.update(AdamW.defaults(), 1e-3, 0.9);
        return loss;
    }

    /** Of the batch of that number. */
    private static double loss(Trainer trainer, long batch) {
        Random random = new Random(batch);
        float[] x = new float[2 * 4 * 36];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        long[] ids = random.longs(10, 0, 7).toArray();
        try (Tensor image = torch.tensor(x, 2, 4, 6, 6);
                Tensor words = torch.tensor(ids, 2, 5)) {
            return trainer.accumulate(image, words)[0];
        }
    }

    /** A short step against the gradient takes off what the gradient's norm says. */
    @Test
    void gradientsAreThoseOfTheLoss() {
        double eps = 1e6; // so large that the step is the gradient times the learning rate / eps
        double rate = 1e-3;
        AdamW descent = new AdamW(0, 0, eps, 0, 1e9);
        try (Trainer trainer =
                torch.trainer(network(), Precision.FP32, name -> true, new HashWeights(3))) {
            double before = loss(trainer, 0);
            double norm = trainer.update(descent, eps * rate, 0);
            double after = loss(trainer, 0);
            double expected = rate * norm * norm;
            assertThat(norm).isGreaterThan(0.1);
            assertThat(before - after).isCloseTo(expected, within(0.02 * expected));
        }
    }

    @Test
    void theLossFalls() {
        try (Trainer trainer =
                torch.trainer(network(), Precision.FP32, name -> true, new HashWeights(3))) {
            double first = step(trainer);
            while (trainer.steps() < 60) {
                step(trainer);
            }
            assertThat(step(trainer)).isLessThan(0.5 * first);
        }
    }

    @Test
    void learnsInBf16WithWeightsIn32Bits() {
        try (Trainer exact =
                        torch.trainer(network(), Precision.FP32, name -> true, new HashWeights(3));
                Trainer rounded =
                        torch.trainer(
                                network(), Precision.BF16, name -> true, new HashWeights(3))) {
            for (int i = 0; i < 20; i++) {
                double loss = step(exact);
                assertThat(step(rounded)).isCloseTo(loss, within(0.05 * loss));
            }
        }
    }

    @Test
    void onlyWhatIsNamedLearns() {
        HashWeights start = new HashWeights(3);
        try (Trainer trainer =
                torch.trainer(network(), Precision.FP32, name -> name.startsWith("out."), start)) {
            assertThat(trainer.trained())
                    .extracting(ParameterSpec::name)
                    .containsExactly("out.weight", "out.bias");
            double before = loss(trainer, 0);
            trainer.update(AdamW.defaults(), 1e-2, 0);
            assertThat(loss(trainer, 0)).isLessThan(before);
            assertThat(trainer.weights(false)).hasSize(2);
        }
    }

    @Test
    void goesOnExactlyWhereItStopped() {
        Path file = folder.resolve("state.safetensors");
        List<StoredTensor> uninterrupted;
        try (Trainer trainer =
                torch.trainer(network(), Precision.BF16, name -> true, new HashWeights(3))) {
            for (int i = 0; i < 8; i++) {
                if (i == 3) {
                    trainer.save(file);
                }
                step(trainer);
            }
            uninterrupted = trainer.weights(true);
        }
        try (Trainer trainer =
                torch.trainer(network(), Precision.BF16, name -> true, new HashWeights(4))) {
            trainer.restore(file);
            while (trainer.steps() < 8) {
                step(trainer);
            }
            assertThat(flat(trainer.weights(true))).isEqualTo(flat(uninterrupted));
        }
    }

    @Test
    void refusesWhatCannotLearn() {
        assertThatThrownBy(
                        () ->
                                torch.trainer(
                                        regression(),
                                        Precision.FP32,
                                        name -> false,
                                        new HashWeights(1)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("none of its parameters learns");
        try (Trainer trainer =
                torch.trainer(regression(), Precision.FP32, name -> true, new HashWeights(1))) {
            assertThatThrownBy(() -> trainer.update(AdamW.defaults(), 1e-3, 0))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("without gradients");
            double[] before = flat(trainer.weights(false));
            assertThatThrownBy(() -> accumulate(trainer, new float[] {Float.NaN, 1}))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("the loss of step 1 is NaN");
            assertThat(flat(trainer.weights(false))).isEqualTo(before);
        }
    }
}
