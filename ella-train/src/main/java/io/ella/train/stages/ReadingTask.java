package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Caption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneSampler;
import io.ella.train.scenes.Told;
import io.ella.tsc.Connector;
import io.ella.tsc.TscConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A T5 encoder learns from text alone: corrupted spans, and to understand what it reads, which is
 * asked through a small decoder (as the original learned from tasks that ask about a text beside
 * spans, arXiv 1910.10683, section 3.5.2). Whose a place or a colour is, spans hardly ask.
 */
final class ReadingTask implements TrainingTask {
    /** Tokens of the decoder for each object. */
    private static final int QUERIES = 4;

    private final EncoderGraph text = SceneModels.t5();
    private final LanguageTask language;
    private final Graph graph;
    private final SceneSampler scenes;
    private final int batch;

    ReadingTask(SceneSampler scenes, int batch) {
        this.scenes = scenes;
        this.batch = batch;
        language = LanguageTask.t5(scenes, Math.max(1, batch / 2));
        TscConfig own = Variant.ADALN.config();
        TscConfig reader =
                new TscConfig(
                        Connector.RESAMPLER,
                        0,
                        0,
                        own.width(),
                        2,
                        own.heads(),
                        QUERIES * Scene.MAX_OBJECTS,
                        own.inputDim());
        graph =
                Objectives.reading(
                        text, LanguageTask.T5_TABLE, reader, Scene.MAX_OBJECTS, Told.ANSWERS);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        SplittableRandom random = new SplittableRandom(~number);
        String[] captions = new String[batch];
        int each = Scene.MAX_OBJECTS * Told.ANSWERS;
        float[] answers = new float[batch * each];
        for (int i = 0; i < batch; i++) {
            Scene scene = scenes.scene(~(number * batch + i)); // others than those with gaps
            Caption caption = LanguageTask.caption(random, scene);
            captions[i] = caption.text();
            Told.of(caption.facts(), answers, i * each);
        }
        Tokens tokens = Tokens.t5(captions, SceneModels.DENSE_TOKENS).trimmed();
        List<Tensor> inputs = new ArrayList<>(language.batch(torch, number));
        inputs.addAll(text.inputs(torch, tokens.ids(), tokens.mask()));
        inputs.add(torch.tensor(answers, batch, Scene.MAX_OBJECTS, Told.ANSWERS));
        return inputs;
    }
}
