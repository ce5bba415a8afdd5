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
import java.util.ArrayList;
import java.util.List;

/**
 * The base model learns from scenes with short captions: to take the noise away, to tell what is
 * where, and to look at an object's noun where the object is.
 */
final class GroundedTask implements TrainingTask {
    /**
     * On the way up, where what is drawn gets its form: at half of the latents' size, and at it.
     */
    private static final List<String> WATCHED =
            List.of(
                    "up_blocks.1.attentions.1.transformer_blocks.0.attn2",
                    "up_blocks.2.attentions.0.transformer_blocks.0.attn2");

    private static final int[] SHRUNK = {2, 1};

    private final NoisyScenes scenes;
    private final int batch;
    private final Captioner captioner = Captioner.brief();
    private final EncoderGraph text = SceneModels.clip();
    private final Graph graph =
            Objectives.grounded(SceneModels.unet(), SceneMaps.COUNT, text, WATCHED);

    GroundedTask(NoisyScenes scenes, int batch) {
        this.scenes = scenes;
        this.batch = batch;
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
        NoisyScenes.Batch drawn = scenes.draw(number, batch, captioner);
        List<Scene> pictures = drawn.scenes();
        String[] texts = drawn.texts();
        List<int[]> nouns = new ArrayList<>();
        for (int i = 0; i < batch; i++) {
            nouns.add(Mentions.nouns(pictures.get(i), texts[i]));
        }
        List<Tensor> inputs = new ArrayList<>(drawn.noisy().tensors(torch));
        inputs.add(scenes.maps(torch, drawn));
        Tokens tokens = captioner.tokens(texts);
        inputs.addAll(text.inputs(torch, tokens.ids(), tokens.mask()));
        inputs.add(named(torch, nouns));
        for (int shrunk : SHRUNK) {
            inputs.add(covers(torch, pictures, nouns, scenes.side() / shrunk));
        }
        return inputs;
    }

    /** [B, S, O], the first token of a caption is behind the one that begins all. */
    private Tensor named(Torch torch, List<int[]> nouns) {
        int length = SceneModels.clipTokens();
        float[] named = new float[batch * length * Scene.MAX_OBJECTS];
        for (int i = 0; i < batch; i++) {
            for (int o = 0; o < nouns.get(i).length; o++) {
                int token = nouns.get(i)[o] + 1;
                if (token > 0) {
                    named[(i * length + token) * Scene.MAX_OBJECTS + o] = 1;
                }
            }
        }
        return torch.tensor(named, batch, length, Scene.MAX_OBJECTS);
    }

    /** [B, H·W, O], zero for objects that are not named. */
    private Tensor covers(Torch torch, List<Scene> pictures, List<int[]> nouns, int side) {
        int cells = side * side;
        float[] covers = new float[batch * cells * Scene.MAX_OBJECTS];
        for (int i = 0; i < batch; i++) {
            for (int o = 0; o < nouns.get(i).length; o++) {
                if (nouns.get(i)[o] < 0) {
                    continue;
                }
                float[] cover = SceneMaps.cover(pictures.get(i).objects().get(o), side);
                for (int cell = 0; cell < cells; cell++) {
                    covers[(i * cells + cell) * Scene.MAX_OBJECTS + o] = cover[cell];
                }
            }
        }
        return torch.tensor(covers, batch, cells, Scene.MAX_OBJECTS);
    }
}
