package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import java.util.ArrayList;
import java.util.List;

/**
 * A connector learns to be to the denoising network what the base model's own text encoder is,
 * which is told the same in captions that it understands.
 */
final class DistillationTask implements TrainingTask {
    private final Graph graph;
    private final BothEncoders encoders;
    private final NoisyScenes scenes;
    private final int batch;
    private final Captioner[] captioners;

    DistillationTask(
            Graph graph,
            BothEncoders encoders,
            NoisyScenes scenes,
            int batch,
            Captioner... captioners) {
        this.graph = graph;
        this.encoders = encoders;
        this.scenes = scenes;
        this.batch = batch;
        this.captioners = captioners.clone();
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
        NoisyScenes.Batch drawn = scenes.draw(number, batch, captioners);
        List<Tensor> inputs = new ArrayList<>(drawn.noisy().samples(torch));
        Retold told = Retold.of(drawn.scenes(), drawn.retold());
        inputs.addAll(encoders.inputs(torch, drawn.texts(), told));
        inputs.add(BothEncoders.picked(torch, told.context(), batch));
        return inputs;
    }
}
