package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.scheduler.ForwardProcess;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import io.ella.train.NoisyLatents;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneSampler;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * A network learns to take the noise from latents of scenes, given a caption, and, if its graph has
 * an input for them, to tell the {@linkplain SceneMaps maps} of the scene.
 */
final class DenoisingTask implements TrainingTask {
    /** How often the caption is empty, for guidance (arXiv 2207.12598). */
    private static final double DROPPED = 0.1;

    /** Where the band begins that timesteps are drawn from more often, as a part of all. */
    private static final double BAND = 0.25;

    private static final double BAND_WIDTH = 0.6;

    private final Graph graph;
    private final Predicate<String> learns;
    private final Captioner captioner;
    private final EncoderGraph text;
    private final SceneSampler scenes;
    private final Latents latents;
    private final ForwardProcess forward;
    private final int batch;
    private final boolean hasMaps;

    DenoisingTask(
            Graph graph,
            Predicate<String> learns,
            Captioner captioner,
            EncoderGraph text,
            SceneSampler scenes,
            Latents latents,
            int batch) {
        this.graph = graph;
        this.learns = learns;
        this.captioner = captioner;
        this.text = text;
        this.scenes = scenes;
        this.latents = latents;
        this.forward = new ForwardProcess(SceneModels.scheduler());
        this.batch = batch;
        this.hasMaps =
                graph.parameters().stream().anyMatch(p -> p.name().startsWith(Objectives.MAPS));
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public boolean learns(String parameter) {
        return learns.test(parameter);
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        SplittableRandom random = new SplittableRandom(number);
        NoisyLatents noisy =
                new NoisyLatents(
                        forward, batch, latents.channels(), latents.side(), latents.side());
        int side = latents.side();
        float[] maps = new float[hasMaps ? batch * SceneMaps.COUNT * side * side : 0];
        String[] captions = new String[batch];
        for (int i = 0; i < batch; i++) {
            int scene = random.nextInt(latents.count());
            int timestep = timestep(random.nextDouble(), forward.timesteps());
            boolean dropped = random.nextDouble() < DROPPED;
            long seed = random.nextLong();
            captions[i] = dropped ? "" : captioner.caption(scenes.scene(scene), seed);
            if (hasMaps) {
                SceneMaps.draw(scenes.scene(scene), side, maps, i * (maps.length / batch));
            }
            noisy.put(i, latents.get(scene), timestep, random);
        }
        List<Tensor> inputs = new ArrayList<>(noisy.tensors(torch));
        if (hasMaps) {
            inputs.add(torch.tensor(maps, batch, SceneMaps.COUNT, side, side));
        }
        Tokens tokens = captioner.tokens(captions);
        inputs.addAll(text.inputs(torch, tokens.ids(), tokens.mask()));
        return inputs;
    }

    /**
     * {@return a timestep for a number drawn from [0, 1): every other one is drawn from the band in
     * which captions decide what an object is; the others from all}
     */
    static int timestep(double uniform, int timesteps) {
        double time = uniform < 0.5 ? 2 * uniform : BAND + BAND_WIDTH * (2 * uniform - 1);
        return (int) (time * timesteps);
    }
}
