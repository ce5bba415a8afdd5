package io.ella.train.stages;

import io.ella.core.scheduler.ForwardProcess;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.train.NoisyLatents;
import io.ella.train.scenes.Caption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneSampler;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Captioned scenes whose latents have become noisy, which is what a denoising network learns on.
 */
final class NoisyScenes {
    /** How often the caption is empty, for guidance (arXiv 2207.12598). */
    private static final double DROPPED = 0.1;

    /** The part of all timesteps up to which a small object is seen through the noise. */
    private static final double SEEN = 0.3;

    /** From which on it may be anywhere. */
    private static final double HIDDEN = 0.55;

    private final ForwardProcess forward = new ForwardProcess(SceneModels.scheduler());
    private final SceneSampler scenes;
    private final Latents latents;

    NoisyScenes(SceneSampler scenes, Latents latents) {
        this.scenes = scenes;
        this.latents = latents;
    }

    /** One of each in a row. */
    record Batch(List<Said> said, NoisyLatents noisy) {
        List<Scene> scenes() {
            return said.stream().map(Said::scene).toList();
        }

        String[] texts() {
            return said.stream().map(s -> s.caption().text()).toArray(String[]::new);
        }

        List<List<Caption>> retold() {
            return said.stream().map(Said::retold).toList();
        }
    }

    /** A scene, what is said of it, and by whom; null where the caption is dropped. */
    record Said(
            Scene scene, Caption caption, @Nullable Captioner captioner, long seed, int timestep) {
        private static final Caption NOTHING = new Caption("", List.of());

        static Said of(Scene scene, Captioner captioner, long seed, int timestep) {
            Caption caption = captioner.caption(scene, seed);
            return new Said(scene, caption, captioner, seed, timestep);
        }

        static Said nothing(Scene scene, int timestep) {
            return new Said(scene, NOTHING, null, 0, timestep);
        }

        List<Caption> retold() {
            return captioner == null ? List.of(NOTHING) : captioner.retell(scene, seed);
        }
    }

    /** {@return how many latents an edge has} */
    int side() {
        return latents.side();
    }

    /**
     * {@return a batch}
     *
     * @param number the same one gives the same batch
     * @param count of rows
     * @param inTurn who says what is there, the first row's first
     */
    Batch draw(long number, int count, Captioner... inTurn) {
        SplittableRandom random = new SplittableRandom(number);
        NoisyLatents noisy =
                new NoisyLatents(
                        forward, count, latents.channels(), latents.side(), latents.side());
        List<Said> said = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = random.nextInt(latents.count());
            Captioner captioner = inTurn[i % inTurn.length];
            int timestep = captioner.timestep(random.nextDouble(), forward.timesteps());
            boolean dropped = random.nextDouble() < DROPPED;
            long seed = random.nextLong();
            Scene scene = scenes.scene(index);
            said.add(
                    dropped
                            ? Said.nothing(scene, timestep)
                            : Said.of(scene, captioner, seed, timestep));
            noisy.put(i, latents.get(index), timestep, random);
        }
        return new Batch(said, noisy);
    }

    /**
     * {@return the maps of what is where, [B, maps, H, W], and how much each place counts, [B, 1,
     * H, W]: the more alike the more noise hides where objects are. The error is least where each
     * place shows what it will, on average, be, by these weights: an object that counts more would
     * be drawn at all the places where it might be.}
     */
    List<Tensor> maps(Torch torch, Batch batch) {
        List<Scene> drawn = batch.scenes();
        int cells = side() * side();
        float[] maps = new float[drawn.size() * SceneMaps.COUNT * cells];
        float[] weights = new float[drawn.size() * cells];
        for (int i = 0; i < drawn.size(); i++) {
            SceneMaps.draw(drawn.get(i), side(), maps, i * SceneMaps.COUNT * cells);
            SceneMaps.weigh(drawn.get(i), side(), 1, weights, i * cells);
            double seen = seen(batch.said().get(i).timestep());
            for (int cell = i * cells; cell < (i + 1) * cells; cell++) {
                weights[cell] = (float) Math.pow(weights[cell], seen);
            }
        }
        return List.of(
                torch.tensor(maps, drawn.size(), SceneMaps.COUNT, side(), side()),
                torch.tensor(weights, drawn.size(), 1, side(), side()));
    }

    /** From 1 where small objects are seen to 0 where they may be anywhere. */
    private double seen(int timestep) {
        double part = (double) timestep / forward.timesteps();
        return Math.min(1, Math.max(0, (HIDDEN - part) / (HIDDEN - SEEN)));
    }
}
