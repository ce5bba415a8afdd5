package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.scheduler.ForwardProcess;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneSampler;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A connector learns to say of captions, short and dense ones in turn, what the base model's own
 * text encoder says of them, token by token, as the denoising network hears it.
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
                        SceneModels.unet(),
                        variant.config(),
                        variant.aligned(),
                        encoders.text(),
                        encoders.clip());
        this.captioners = List.of(Captioner.brief(), Captioner.dense(variant));
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
        String[] captions = new String[batch];
        float[] times = new float[batch];
        for (int i = 0; i < batch; i++) {
            Scene scene = scenes.scene(number * batch + i);
            times[i] = random.nextInt(timesteps);
            captions[i] = captioners.get(i % 2).caption(scene, random.nextLong()).text();
        }
        List<Tensor> inputs = new ArrayList<>();
        inputs.add(torch.tensor(times, batch));
        inputs.addAll(encoders.inputs(torch, captions));
        return inputs;
    }
}
