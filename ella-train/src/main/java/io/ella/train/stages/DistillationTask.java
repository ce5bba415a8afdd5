package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import java.util.ArrayList;
import java.util.List;

/** A connector learns to be to the denoising network what the base model's own text encoder is. */
final class DistillationTask implements TrainingTask {
    private final EncoderGraph clip = SceneModels.clip();
    private final Variant variant;
    private final EncoderGraph text;
    private final Graph graph;
    private final NoisyScenes scenes;
    private final int batch;
    private final Captioner[] captioners;

    DistillationTask(Variant variant, NoisyScenes scenes, int batch, Captioner... captioners) {
        this.variant = variant;
        this.text = variant.text();
        this.graph = Objectives.distillation(SceneModels.unet(), variant.config(), text, clip);
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
        return parameter.startsWith(Objectives.TSC + ".");
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        NoisyScenes.Batch drawn = scenes.draw(number, batch, captioners);
        Tokens words = variant.tokens(drawn.texts());
        Tokens tokens = Tokens.clip(drawn.texts(), SceneModels.clipTokens());
        List<Tensor> inputs = new ArrayList<>(drawn.noisy().samples(torch));
        inputs.addAll(text.inputs(torch, words.ids(), words.mask()));
        inputs.addAll(clip.inputs(torch, tokens.ids(), tokens.mask()));
        return inputs;
    }
}
