package io.ella.train;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.ComputedWeights;
import io.ella.core.weights.StoredTensor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * Weights to begin with, computed from a seed and their names.
 *
 * <p>Norms start as the identity, biases at zero, tables of tokens and the queries of a connector
 * from a standard normal distribution, everything else uniform within ±1/√fan-in as PyTorch's
 * layers. What ends a residual branch or modulates a norm starts at zero, so that a network begins
 * as the identity (arXiv 2105.05233, 2212.09748).
 *
 * <p>A connector does not begin as in the official code, from where it stands still for a thousand
 * updates: its queries have a deviation of 1, as CLIP's features, instead of 1/√width; and what its
 * attention compares is three times as large, so that it chooses between words from the start.
 */
public final class FreshWeights implements ComputedWeights {
    /** Tables by the end of their names. Tokens are as large as what layers add to them. */
    private static final Map<String, Double> DEVIATIONS =
            Map.of(
                    "connector.latents", 1.0,
                    "token_embedding.weight", 1.0,
                    "embed_tokens.weight", 1.0,
                    "shared.weight", 1.0,
                    "position_embedding.weight", 0.3,
                    "relative_attention_bias.weight", 2.0);

    private static final String ATTENTION = "in_proj_weight";
    private static final double SHARPNESS = 3;

    private final long seed;
    private final List<String> zeros;

    /**
     * Chooses the seed.
     *
     * @param seed of all weights
     * @param zeros which weights start at zero: those whose names contain one of these
     */
    public FreshWeights(long seed, List<String> zeros) {
        this.seed = seed;
        this.zeros = List.copyOf(zeros);
    }

    @Override
    public String description() {
        return "fresh weights of seed " + seed;
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        float[] values = new float[Math.toIntExact(spec.elements())];
        long[] shape = spec.shape().stream().mapToLong(Long::longValue).toArray();
        fill(spec, shape, values);
        return StoredTensor.of(spec.name(), values, shape);
    }

    private void fill(ParameterSpec spec, long[] shape, float[] values) {
        String name = spec.name();
        if (name.endsWith("bias") || zeros.stream().anyMatch(name::contains)) {
            return;
        }
        if (shape.length == 1) {
            Arrays.fill(values, 1);
            return;
        }
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + crc.getValue());
        double limit = 1 / Math.sqrt((double) spec.elements() / shape[0]);
        double deviation = deviation(name);
        // Queries and keys, then values: a third of the rows each.
        int compared = name.endsWith(ATTENTION) ? values.length / 3 * 2 : 0;
        for (int i = 0; i < values.length; i++) {
            double bound = i < compared ? SHARPNESS * limit : limit;
            values[i] =
                    (float)
                            (deviation > 0
                                    ? deviation * random.nextGaussian()
                                    : random.nextDouble(-1, 1) * bound);
        }
    }

    /** Of the normal distribution of a table; 0 for what is no table. */
    private static double deviation(String name) {
        return DEVIATIONS.entrySet().stream()
                .filter(e -> name.endsWith(e.getKey()))
                .mapToDouble(Map.Entry::getValue)
                .findFirst()
                .orElse(0);
    }
}
