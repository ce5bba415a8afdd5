package io.ella.tsc;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The connectors once more, in 64 bits and matrix algebra: one row of the batch and one timestep at
 * a time, head by head, with nothing of the recorded graph.
 */
final class Nd4jOracle {
    private final TscConfig config;
    private final WeightSource source;
    private final int width;
    private final Map<String, INDArray> parameters = new HashMap<>();

    /** Attention weights of each block of the last call, the mean over the heads, [N, N + L]. */
    private final List<INDArray> attention = new ArrayList<>();

    Nd4jOracle(TscConfig config, WeightSource source) {
        this.config = config;
        this.source = source;
        this.width = config.width();
    }

    /** {@return queries [N, W] of one text [L, D] at one timestep, row-major} */
    double[] queries(float[] text, int tokens, double timestep) {
        attention.clear();
        INDArray x = matrix(text, tokens, config.inputDim());
        INDArray result =
                switch (config.connector()) {
                    case MLP -> mlp(x);
                    case RESAMPLER -> resampler(x);
                    case ADALN, ADALN_ZERO -> timeAware(x, activatedTime(timestep));
                };
        return result.dup('c').data().asDouble();
    }

    /** {@return the attention weights of the last call, [layers, N, N + L], row-major} */
    double[] attention() {
        return Nd4j.vstack(attention).dup('c').data().asDouble();
    }

    // ---- parameters ----

    private INDArray parameter(String name, long... shape) {
        return parameters.computeIfAbsent(
                name,
                key -> {
                    float[] values = source.tensor(ParameterSpec.of(key, shape)).floatArray();
                    long rows = shape.length == 1 ? 1 : shape[0];
                    return matrix(values, rows, shape[shape.length - 1]);
                });
    }

    private static INDArray matrix(float[] values, long rows, long columns) {
        return Nd4j.createFromArray(TestFiles.doubles(values)).reshape('c', rows, columns);
    }

    private INDArray linear(INDArray x, String name, long out) {
        INDArray weight = parameter(name + ".weight", out, x.columns());
        return x.mmul(weight.transpose()).addRowVector(parameter(name + ".bias", out));
    }

    // ---- functions ----

    private static INDArray silu(INDArray x) {
        return x.div(Transforms.exp(x.neg()).add(1));
    }

    private static INDArray gelu(INDArray x) {
        INDArray scaled = x.div(Math.sqrt(2));
        INDArray erf = Nd4j.exec(new Erf(scaled, Nd4j.create(DataType.DOUBLE, x.shape())));
        return x.mul(erf.add(1)).div(2);
    }

    private static INDArray normalized(INDArray x, double eps) {
        INDArray centred = x.subColumnVector(x.mean(true, 1));
        INDArray variance = centred.mul(centred).mean(true, 1);
        return centred.divColumnVector(Transforms.sqrt(variance.add(eps)));
    }

    private static INDArray softmax(INDArray x) {
        INDArray powers = Transforms.exp(x.subColumnVector(x.max(true, 1)));
        return powers.divColumnVector(powers.sum(true, 1));
    }

    private static INDArray columns(INDArray x, long from, long count) {
        return x.get(NDArrayIndex.all(), NDArrayIndex.interval(from, from + count)).dup();
    }

    private static INDArray rows(INDArray x, long from, long count) {
        return x.get(NDArrayIndex.interval(from, from + count), NDArrayIndex.all()).dup();
    }

    // ---- networks ----

    private INDArray mlp(INDArray text) {
        INDArray hidden = gelu(linear(text, "connector.mlp.c_fc", width));
        return linear(hidden, "connector.mlp.c_proj", width);
    }

    private INDArray resampler(INDArray text) {
        INDArray x = linear(text, "connector.proj_in", width);
        INDArray latents = parameter("connector.latents", config.numLatents(), width);
        for (int i = 0; i < config.layers(); i++) {
            String block = "connector.perceiver_blocks." + i + ".";
            INDArray queries = affine(latents, block + "ln_1");
            latents = latents.add(attention(queries, affine(x, block + "ln_2"), block));
            latents = latents.add(feedForward(affine(latents, block + "ln_ff"), block));
        }
        return latents;
    }

    private INDArray affine(INDArray x, String name) {
        return normalized(x, 1e-5)
                .mulRowVector(parameter(name + ".weight", width))
                .addRowVector(parameter(name + ".bias", width));
    }

    /** silu(linear_2(silu(linear_1(sinusoid)))), [1, E]. */
    private INDArray activatedTime(double timestep) {
        int half = config.timeChannel() / 2;
        double[] sinusoid = new double[2 * half];
        for (int i = 0; i < half; i++) {
            // The definition is in 32 bits, and a large timestep magnifies each rounding.
            float exponent = (float) -Math.log(10000) * i / half;
            float angle = (float) timestep * (float) Math.exp(exponent);
            sinusoid[i] = Math.cos(angle);
            sinusoid[half + i] = Math.sin(angle);
        }
        INDArray x = Nd4j.createFromArray(sinusoid).reshape(1, 2L * half);
        int embed = config.timeEmbedDim();
        INDArray hidden = silu(linear(x, "time_embedding.linear_1", embed));
        return silu(linear(hidden, "time_embedding.linear_2", embed));
    }

    private INDArray timeAware(INDArray text, INDArray time) {
        INDArray x = linear(text, "connector.proj_in", width);
        INDArray latents =
                parameter("connector.latents", config.numLatents(), width)
                        .addRowVector(linear(time, "connector.time_aware_linear", width));
        for (int i = 0; i < config.layers(); i++) {
            String block = "connector.perceiver_blocks." + i + ".";
            INDArray[] first = modulation(time, block + "ln_1");
            INDArray[] second = modulation(time, block + "ln_2");
            INDArray[] third = modulation(time, block + "ln_ff");
            INDArray attended = attention(modulated(latents, first), modulated(x, second), block);
            latents = latents.add(gated(attended, first));
            INDArray fed = feedForward(modulated(latents, third), block);
            latents = latents.add(gated(fed, third));
        }
        return latents;
    }

    private INDArray[] modulation(INDArray time, String name) {
        boolean gated = config.connector() == Connector.ADALN_ZERO && !name.endsWith("ln_2");
        INDArray all = linear(time, name + ".linear", (gated ? 3L : 2L) * width);
        INDArray[] parts = new INDArray[gated ? 3 : 2];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = columns(all, (long) i * width, width);
        }
        return parts;
    }

    private static INDArray modulated(INDArray x, INDArray[] shiftScale) {
        return normalized(x, 1e-6).mulRowVector(shiftScale[1].add(1)).addRowVector(shiftScale[0]);
    }

    private static INDArray gated(INDArray x, INDArray[] shiftScaleGate) {
        return shiftScaleGate.length < 3 ? x : x.mulRowVector(shiftScaleGate[2]);
    }

    private INDArray attention(INDArray queries, INDArray text, String block) {
        INDArray weight = parameter(block + "attn.in_proj_weight", 3L * width, width);
        INDArray bias = parameter(block + "attn.in_proj_bias", 3L * width);
        INDArray seen = Nd4j.vstack(queries, text);
        INDArray q = projected(queries, weight, bias, 0);
        INDArray k = projected(seen, weight, bias, 1);
        INDArray v = projected(seen, weight, bias, 2);
        int head = width / config.heads();
        INDArray[] results = new INDArray[config.heads()];
        INDArray mean = Nd4j.zeros(DataType.DOUBLE, queries.rows(), seen.rows());
        for (int h = 0; h < results.length; h++) {
            long from = (long) h * head;
            INDArray scores = columns(q, from, head).mmul(columns(k, from, head).transpose());
            INDArray weights = softmax(scores.div(Math.sqrt(head)));
            mean.addi(weights.div(results.length));
            results[h] = weights.mmul(columns(v, from, head));
        }
        attention.add(mean);
        return linear(Nd4j.hstack(results), block + "attn.out_proj", width);
    }

    private INDArray projected(INDArray x, INDArray weight, INDArray bias, int part) {
        long from = (long) part * width;
        return x.mmul(rows(weight, from, width).transpose())
                .addRowVector(columns(bias, from, width));
    }

    private INDArray feedForward(INDArray x, String block) {
        INDArray hidden = Transforms.max(linear(x, block + "mlp.c_fc", 4L * width), 0);
        return linear(hidden.mul(hidden), block + "mlp.c_proj", width);
    }
}
