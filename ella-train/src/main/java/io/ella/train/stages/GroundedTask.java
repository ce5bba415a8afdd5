package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Caption;
import io.ella.train.scenes.Fact;
import io.ella.train.scenes.Mentions;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The base model learns from scenes with short captions: to take the noise away, to tell what is
 * where, to know at one token all that is said of an object, and to look at it where the object is.
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
    public boolean learns(String parameter) {
        return true;
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        NoisyScenes.Batch drawn = scenes.draw(number, batch, captioners);
        List<Mentioned> mentioned = mentioned(drawn);
        List<Tensor> inputs = new ArrayList<>(drawn.noisy().tensors(torch));
        inputs.add(scenes.maps(torch, drawn));
        Tokens tokens = captioners[0].tokens(drawn.texts());
        inputs.addAll(text.inputs(torch, tokens.ids(), tokens.mask()));
        inputs.add(tokens(torch, mentioned));
        inputs.add(words(torch, mentioned));
        for (int shrunk : SHRUNK) {
            inputs.add(covers(torch, mentioned, scenes.side() / shrunk));
        }
        return inputs;
    }

    /**
     * An object that a caption names.
     *
     * @param row of the batch
     * @param number the object's in its scene
     * @param object what it is
     * @param token where all has been said of it
     * @param facts of the whole caption
     */
    private record Mentioned(int row, int number, SceneObject object, int token, List<Fact> facts) {
        /** Its place in a tensor of all objects of all rows. */
        int place() {
            return row * Scene.MAX_OBJECTS + number;
        }
    }

    private static List<Mentioned> mentioned(NoisyScenes.Batch drawn) {
        List<Mentioned> mentioned = new ArrayList<>();
        for (int row = 0; row < drawn.said().size(); row++) {
            Scene scene = drawn.said().get(row).scene();
            Caption caption = drawn.said().get(row).caption();
            int[] tokens = Mentions.tokens(scene, caption.text());
            for (int i = 0; i < tokens.length; i++) {
                if (tokens[i] >= 0) {
                    int token = tokens[i] + 1; // behind the one that begins all captions
                    SceneObject object = scene.objects().get(i);
                    mentioned.add(new Mentioned(row, i, object, token, caption.facts()));
                }
            }
        }
        return mentioned;
    }

    /** [B, O, S] */
    private Tensor tokens(Torch torch, List<Mentioned> mentioned) {
        int length = SceneModels.clipTokens();
        float[] tokens = new float[batch * Scene.MAX_OBJECTS * length];
        mentioned.forEach(m -> tokens[m.place() * length + m.token()] = 1);
        return torch.tensor(tokens, batch, Scene.MAX_OBJECTS, length);
    }

    /** [B, O, words] */
    private Tensor words(Torch torch, List<Mentioned> mentioned) {
        float[] words = new float[batch * Scene.MAX_OBJECTS * Mentions.WORDS];
        mentioned.forEach(
                m -> Mentions.say(m.facts(), m.number(), words, m.place() * Mentions.WORDS));
        return torch.tensor(words, batch, Scene.MAX_OBJECTS, Mentions.WORDS);
    }

    /** [B, O, H·W], zero for objects that are not named. */
    private Tensor covers(Torch torch, List<Mentioned> mentioned, int side) {
        int cells = side * side;
        float[] covers = new float[batch * Scene.MAX_OBJECTS * cells];
        for (Mentioned m : mentioned) {
            float[] cover = SceneMaps.cover(m.object(), side);
            System.arraycopy(cover, 0, covers, m.place() * cells, cells);
        }
        return torch.tensor(covers, batch, Scene.MAX_OBJECTS, cells);
    }
}
