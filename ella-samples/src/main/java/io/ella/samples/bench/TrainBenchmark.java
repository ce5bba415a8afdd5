package io.ella.samples.bench;

import io.ella.core.config.Config;
import io.ella.core.graph.Cost;
import io.ella.core.graph.Graph;
import io.ella.core.torch.AdamW;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Trainer;
import io.ella.core.weights.HashWeights;
import io.ella.train.Objectives;
import io.ella.unet.UNetConfig;
import java.util.List;
import java.util.Map;

/** A step of training of a small U-Net, from inputs in native memory to new weights. */
final class TrainBenchmark implements Benchmark {
    private static final int TOKENS = 77;
    private static final double RATE = 1e-5;
    private static final double AVERAGE = 0.999;

    /** The way back costs twice the way there. */
    private static final int PASSES = 3;

    private final Load load;
    private final Precision precision;
    private final Trainer trainer;
    private final List<Tensor> inputs;

    TrainBenchmark(Torch torch, Precision precision, Load load) {
        this.load = load;
        this.precision = precision;
        UNetConfig config = UNetConfig.from(Config.parse(Configs.SMALL_UNET, "unet"));
        Graph graph = Objectives.denoising(config);
        this.trainer = torch.trainer(graph, precision, name -> true, new HashWeights(0));
        int batch = load.batch();
        int side = load.size();
        long[] latent = {batch, config.inChannels(), side, side};
        long[] context = {batch, TOKENS, config.crossAttentionDim()};
        float[] timesteps = new float[batch];
        for (int i = 0; i < batch; i++) {
            timesteps[i] = i * 999f / batch;
        }
        this.inputs =
                List.of(
                        torch.tensor(timesteps, batch),
                        torch.tensor(HashWeights.uniform("sample", latent, 1), latent),
                        torch.tensor(HashWeights.uniform("target", latent, 1), latent),
                        torch.tensor(HashWeights.uniform("context", context, 1), context));
    }

    @Override
    public void run() {
        trainer.accumulate(inputs.toArray(new Tensor[0]));
        trainer.update(AdamW.defaults(), RATE, AVERAGE);
    }

    @Override
    public List<Cost> costs() {
        Map<String, Long> sizes =
                Map.of(
                        "B", (long) load.batch(),
                        "H", (long) load.size(),
                        "W", (long) load.size(),
                        "S", (long) TOKENS);
        return trainer.graph().costs(sizes, precision.bytes()).stream()
                .map(cost -> cost.times(PASSES))
                .toList();
    }

    @Override
    public Load load() {
        return load;
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public void close() {
        inputs.forEach(Tensor::close);
        trainer.close();
    }
}
