package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.train.TrainingTask;
import java.util.ArrayList;
import java.util.List;

/**
 * A connector learns from pictures with their captions, and from the base model's own text encoder
 * at the same time: tasks of one graph, whose inputs are the one's, then the other's.
 */
record TaughtConnectorTask(DenoisingTask pictures, DistillationTask teacher)
        implements TrainingTask {

    @Override
    public Graph graph() {
        return pictures.graph();
    }

    @Override
    public boolean learns(String parameter) {
        return pictures.learns(parameter);
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        List<Tensor> inputs = new ArrayList<>(pictures.batch(torch, number));
        inputs.addAll(teacher.batch(torch, ~number)); // other scenes
        return inputs;
    }
}
