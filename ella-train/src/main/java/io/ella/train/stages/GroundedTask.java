package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Mentions;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The base model learns from scenes with short captions, one or several of a scene at once: to take
 * the noise away, to tell what is where, to know at one token all that a caption says of an object,
 * and to look at those of an object where it is.
 */
final class GroundedTask implements TrainingTask {
    /**
     * On the way up: at a fourth of the latents' size, where the layout is made, at half of it, and
     * at it, where what is drawn gets its form.
     */
    private static final List<String> WATCHED =
            List.of(
                    "up_blocks.0.attentions.1.transformer_blocks.0.attn2",
                    "up_blocks.1.attentions.1.transformer_blocks.0.attn2",
                    "up_blocks.2.attentions.0.transformer_blocks.0.attn2");

    private static final int[] SHRUNK = {4, 2, 1};

    private final NoisyScenes scenes;
    private final int batch;
    private final Captioner[] captioners;
    private final EncoderGraph text = SceneModels.clip();
    private final Graph graph =
            Objectives.grounded(SceneModels.unet(), SceneMaps.COUNT, Mentions.WORDS, text, WATCHED);

    GroundedTask(NoisyScenes scenes, int batch, Captioner... captioners) {
        this.scenes = scenes;
        this.batch = batch;
        this.captioners = captioners.clone();
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        NoisyScenes.Batch drawn = scenes.draw(number, batch, captioners);
        Retold told = Retold.of(drawn.scenes(), drawn.retold());
        List<Tensor> inputs = new ArrayList<>(drawn.noisy().tensors(torch));
        inputs.addAll(scenes.maps(torch, drawn));
        inputs.addAll(text.inputs(torch, told.tokens().ids(), told.tokens().mask()));
        inputs.add(BothEncoders.picked(torch, told.objects(), batch));
        inputs.add(words(torch, told));
        inputs.add(BothEncoders.picked(torch, told.context(), batch));
        inputs.add(tokens(torch, told));
        for (int shrunk : SHRUNK) {
            inputs.add(covers(torch, drawn.scenes(), told, scenes.side() / shrunk));
        }
        return inputs;
    }

    /** What is said at the tokens that know objects, [B, O, words]. */
    private Tensor words(Torch torch, Retold told) {
        int count = told.objects().length / batch;
        float[] words = new float[batch * count * Mentions.WORDS];
        for (int row = 0; row < batch; row++) {
            List<Retold.Mention> mentions = told.mentions().get(row);
            for (int i = 0; i < count && !mentions.isEmpty(); i++) {
                Retold.Mention mention = mentions.get(i % mentions.size());
                int offset = (row * count + i) * Mentions.WORDS;
                Mentions.say(mention.facts(), mention.object(), words, offset);
            }
        }
        return torch.tensor(words, batch, count, Mentions.WORDS);
    }

    /** Which tokens of the context know an object, [B, N, S]. */
    private Tensor tokens(Torch torch, Retold told) {
        int length = told.context().length / batch;
        float[] tokens = new float[batch * Scene.MAX_OBJECTS * length];
        for (int row = 0; row < batch; row++) {
            for (Retold.Mention mention : told.mentions().get(row)) {
                int place = row * Scene.MAX_OBJECTS + mention.object();
                for (int i = 0; i < length; i++) {
                    if (told.context()[row * length + i] == mention.token()) {
                        tokens[place * length + i] = 1;
                    }
                }
            }
        }
        return torch.tensor(tokens, batch, Scene.MAX_OBJECTS, length);
    }

    /** [B, N, H·W], zero for objects that are not named. */
    private Tensor covers(Torch torch, List<Scene> drawn, Retold told, int side) {
        int cells = side * side;
        float[] covers = new float[batch * Scene.MAX_OBJECTS * cells];
        for (int row = 0; row < batch; row++) {
            for (Retold.Mention mention : told.mentions().get(row)) {
                SceneObject object = drawn.get(row).objects().get(mention.object());
                int place = row * Scene.MAX_OBJECTS + mention.object();
                System.arraycopy(SceneMaps.cover(object, side), 0, covers, place * cells, cells);
            }
        }
        return torch.tensor(covers, batch, Scene.MAX_OBJECTS, cells);
    }
}
