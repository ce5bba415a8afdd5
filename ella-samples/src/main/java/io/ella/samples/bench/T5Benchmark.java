package io.ella.samples.bench;

import io.ella.core.config.Config;
import io.ella.core.graph.Cost;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.EncoderGraph;
import io.ella.encoders.Residency;
import io.ella.encoders.T5Config;
import io.ella.encoders.TextEncoder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The encoder of flan-t5-xl. */
final class T5Benchmark implements Benchmark {
    private static final int FIRST_WORD = 3;

    private final Load load;
    private final T5Config config = T5Config.from(Config.parse(Configs.T5_XL, "t5"));
    private final TextEncoder encoder;
    private final long[][] ids;
    private final long[][] mask;

    T5Benchmark(Torch torch, Precision precision, Load load) {
        this.load = load;
        WeightSource weights = new HashWeights(0);
        Residency residency = load.streamed() ? Residency.STREAMED : Residency.RESIDENT;
        this.encoder = TextEncoder.load(torch, config, weights, precision, residency);
        this.ids = new long[load.batch()][load.size()];
        this.mask = new long[load.batch()][load.size()];
        for (int i = 0; i < ids.length; i++) {
            Arrays.setAll(ids[i], j -> FIRST_WORD + j * 7919L % (config.vocabSize() - FIRST_WORD));
            Arrays.fill(mask[i], 1);
        }
    }

    @Override
    public void run() {
        try (Tensor features = encoder.encode(ids, mask)) {
            features.floats();
        }
    }

    @Override
    public List<Cost> costs() {
        Map<String, Long> sizes = Map.of("B", (long) load.batch(), "L", (long) load.size());
        return EncoderGraph.of(config).graph().costs(sizes, precision().bytes());
    }

    @Override
    public Load load() {
        return load;
    }

    @Override
    public Precision precision() {
        return encoder.precision();
    }

    @Override
    public void close() {
        encoder.close();
    }
}
