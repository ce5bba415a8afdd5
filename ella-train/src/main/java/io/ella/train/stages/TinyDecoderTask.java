package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneRenderer;
import io.ella.train.scenes.SceneSampler;
import io.ella.unet.LatentDecoder;
import java.util.List;
import java.util.SplittableRandom;

/** A decoder for previews learns which scenes latents are of. */
final class TinyDecoderTask implements TrainingTask {
    /** In latents, whose deviation is 1: as much as a denoising network leaves. */
    private static final double NOISE = 0.1;

    private final SceneSampler scenes;
    private final Latents latents;
    private final int batch;
    private final SceneRenderer renderer = new SceneRenderer();
    private final Graph graph;

    TinyDecoderTask(LatentDecoder decoder, SceneSampler scenes, Latents latents, int batch) {
        this.scenes = scenes;
        this.latents = latents;
        this.batch = batch;
        this.graph = Objectives.decoder(decoder);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        SplittableRandom random = new SplittableRandom(number);
        int size = renderer.size();
        int side = latents.side();
        int each = latents.channels() * side * side;
        float[] noisy = new float[batch * each];
        float[] images = new float[batch * 3 * size * size];
        float[] weights = new float[batch * size * size];
        for (int i = 0; i < batch; i++) {
            int index = random.nextInt(latents.count());
            Scene scene = scenes.scene(index);
            float[] latent = latents.get(index);
            for (int j = 0; j < each; j++) {
                noisy[i * each + j] = latent[j] + (float) (NOISE * random.nextGaussian());
            }
            renderer.render(scene, images, i * 3 * size * size);
            SceneMaps.weigh(scene, size, AutoencoderTask.OBJECT_WEIGHT, weights, i * size * size);
        }
        return List.of(
                torch.tensor(noisy, batch, latents.channels(), side, side),
                torch.tensor(images, batch, 3, size, size),
                torch.tensor(weights, batch, 1, size, size));
    }
}
