package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A network learns to take the noise from latents of scenes, given a caption, and, if its graph has
 * an input for them, to tell the {@linkplain SceneMaps maps} of the scene.
 */
final class DenoisingTask implements TrainingTask {
    private final Graph graph;
    private final Predicate<String> learns;
    private final EncoderGraph text;
    private final NoisyScenes scenes;
    private final int batch;
    private final Captioner[] captioners;
    private final boolean hasMaps;

    DenoisingTask(
            Graph graph,
            Predicate<String> learns,
            EncoderGraph text,
            NoisyScenes scenes,
            int batch,
            Captioner... captioners) {
        this.graph = graph;
        this.learns = learns;
        this.text = text;
        this.scenes = scenes;
        this.batch = batch;
        this.captioners = captioners.clone();
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
        NoisyScenes.Batch drawn = scenes.draw(number, batch, captioners);
        List<Tensor> inputs = new ArrayList<>(drawn.noisy().tensors(torch));
        if (hasMaps) {
            inputs.addAll(scenes.maps(torch, drawn));
        }
        Tokens tokens = captioners[0].tokens(drawn.texts());
        inputs.addAll(text.inputs(torch, tokens.ids(), tokens.mask()));
        return inputs;
    }
}
