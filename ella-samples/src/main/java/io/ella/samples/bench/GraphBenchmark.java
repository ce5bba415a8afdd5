package io.ella.samples.bench;

import io.ella.core.config.Config;
import io.ella.core.graph.Cost;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.HashWeights;
import io.ella.tsc.TscConfig;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A network that is one graph. */
final class GraphBenchmark implements Benchmark {
    private static final int TIMESTEPS = 25;
    private static final int SD15_CONTEXT = 64;
    private static final int SDXL_CONTEXT = 77;

    private final Load load;
    private final Program program;
    private final Weights weights;
    private final Tensor[] inputs;
    private final List<Cost> costs;

    /** The inputs are drawn at random, but for those given. */
    private GraphBenchmark(
            Torch torch,
            Precision precision,
            Load load,
            Graph graph,
            Map<String, Long> sizes,
            Map<String, float[]> given) {
        this.load = load;
        this.program = torch.compile(graph, precision);
        this.weights = program.load(new HashWeights(0));
        this.costs = graph.costs(sizes, program.precision().bytes());
        this.inputs =
                graph.inputs().stream()
                        .map(
                                input -> {
                                    String name = ((Op.Input) input.op()).name();
                                    long[] shape =
                                            input.shape().stream()
                                                    .mapToLong(d -> d.value(sizes))
                                                    .toArray();
                                    float[] values = given.get(name);
                                    return torch.tensor(
                                            values != null
                                                    ? values
                                                    : HashWeights.uniform(name, shape, 1),
                                            shape);
                                })
                        .toArray(Tensor[]::new);
    }

    static GraphBenchmark unet(Torch torch, Precision precision, Load asked) {
        boolean xl = asked.family() == Family.SDXL;
        Load load = asked.orElse(xl ? 128 : 64, 2);
        UNetConfig config = UNetConfig.from(Config.parse(xl ? Configs.SDXL : Configs.SD15, "unet"));
        Map<String, Long> sizes = latent(load);
        sizes.put("S", (long) (xl ? SDXL_CONTEXT : SD15_CONTEXT));
        Map<String, float[]> given = new LinkedHashMap<>();
        given.put("timestep", new float[] {500});
        if (xl) {
            float[] ids = new float[6 * load.batch()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = i % 6 == 2 || i % 6 == 3 ? 0 : 8f * load.size(); // 2 and 3: no crop
            }
            given.put("time_ids", ids);
        }
        Graph graph = UNet2DConditionModel.graph(config, false);
        return new GraphBenchmark(torch, precision, load, graph, sizes, given);
    }

    static GraphBenchmark vae(Torch torch, Precision precision, Load asked) {
        Load load = asked.orElse(asked.family() == Family.SDXL ? 128 : 64, 1);
        Graph graph = AutoencoderKL.decoder(VaeConfig.from(Config.parse(Configs.VAE, "vae")));
        return new GraphBenchmark(torch, precision, load, graph, latent(load), Map.of());
    }

    static GraphBenchmark tsc(Torch torch, Precision precision, Load asked) {
        Load load = asked.orElse(128, 1);
        Map<String, Long> sizes = new LinkedHashMap<>();
        sizes.put("T", (long) TIMESTEPS);
        sizes.put("B", (long) load.batch());
        sizes.put("L", (long) load.size());
        float[] timesteps = new float[TIMESTEPS];
        for (int i = 0; i < TIMESTEPS; i++) {
            timesteps[i] = 999 - 40 * i;
        }
        Graph graph = TscConfig.SD15_T5XL.graph();
        return new GraphBenchmark(
                torch, precision, load, graph, sizes, Map.of("timesteps", timesteps));
    }

    private static Map<String, Long> latent(Load load) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        sizes.put("B", (long) load.batch());
        sizes.put("H", (long) load.size());
        sizes.put("W", (long) load.size());
        return sizes;
    }

    @Override
    public void run() {
        try (Outputs outputs = program.run(weights, inputs)) {
            outputs.get(0).floats();
        }
    }

    @Override
    public List<Cost> costs() {
        return costs;
    }

    @Override
    public Load load() {
        return load;
    }

    @Override
    public Precision precision() {
        return program.precision();
    }

    @Override
    public void close() {
        List.of(inputs).forEach(Tensor::close);
        program.close();
        weights.close();
    }
}
