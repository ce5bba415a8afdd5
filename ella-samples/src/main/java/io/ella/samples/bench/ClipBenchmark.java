package io.ella.samples.bench;

import io.ella.core.config.Config;
import io.ella.core.graph.Cost;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.core.weights.HashWeights;
import io.ella.encoders.ClipOutput;
import io.ella.encoders.ClipTextConfig;
import io.ella.encoders.ClipTextEncoder;
import io.ella.encoders.EncoderGraph;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** CLIP-L, or for SDXL OpenCLIP's bigG. */
final class ClipBenchmark implements Benchmark {
    private final Load load;
    private final ClipTextConfig config;
    private final ClipTextEncoder encoder;
    private final long[][] ids;

    ClipBenchmark(Torch torch, Precision precision, Load load) {
        this.load = load;
        String json = load.family() == Family.SDXL ? Configs.CLIP_BIG_G : Configs.CLIP_L;
        this.config = ClipTextConfig.from(Config.parse(json, "clip"));
        this.encoder = ClipTextEncoder.load(torch, config, new HashWeights(0), precision);
        this.ids = new long[load.batch()][load.size()];
        for (long[] row : ids) {
            Arrays.setAll(row, j -> 1 + j * 31L);
            row[row.length - 1] = config.eosTokenId();
        }
    }

    @Override
    public void run() {
        try (ClipOutput output = encoder.encode(ids)) {
            output.hidden().floats();
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
