package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.scheduler.ForwardProcess;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Caption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneSampler;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A connector learns to say of captions, short and dense ones, what the base model's own text
 * encoder says of their objects: each token at which that knows all of an object, where the same is
 * told in captions that it understands, is to be among the connector's.
 */
final class AlignmentTask implements TrainingTask {
    private final BothEncoders encoders;
    private final Graph graph;
    private final List<Captioner> captioners;
    private final int timesteps = new ForwardProcess(SceneModels.scheduler()).timesteps();
    private final SceneSampler scenes;
    private final int batch;

    AlignmentTask(Variant variant, SceneSampler scenes, int batch) {
        this.encoders = BothEncoders.of(variant);
        this.graph =
                Objectives.alignment(
                        Scene.MAX_OBJECTS,
                        SceneModels.unet(),
                        variant.config(),
                        encoders.text(),
                        encoders.clip());
        Captioner dense = Captioner.dense(variant);
        this.captioners = List.of(Captioner.placing(), dense, dense, dense);
        this.scenes = scenes;
        this.batch = batch;
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public boolean learns(String parameter) {
        return Objectives.isOfConnector(parameter);
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        SplittableRandom random = new SplittableRandom(number);
        List<Scene> drawn = new ArrayList<>();
        List<List<Caption>> retold = new ArrayList<>();
        String[] captions = new String[batch];
        float[] times = new float[batch];
        for (int i = 0; i < batch; i++) {
            Scene scene = scenes.scene(number * batch + i);
            Captioner captioner = captioners.get(i % captioners.size());
            long seed = random.nextLong();
            times[i] = random.nextInt(timesteps);
            captions[i] = captioner.caption(scene, seed).text();
            drawn.add(scene);
            retold.add(captioner.retell(scene, seed));
        }
        List<Tensor> inputs = new ArrayList<>();
        inputs.add(torch.tensor(times, batch));
        inputs.addAll(encoders.inputs(torch, captions, Retold.of(drawn, retold)));
        return inputs;
    }
}
