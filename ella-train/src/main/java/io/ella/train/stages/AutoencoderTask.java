package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneObject;
import io.ella.train.scenes.SceneRenderer;
import io.ella.train.scenes.SceneSampler;
import io.ella.unet.VaeConfig;
import java.util.List;
import java.util.SplittableRandom;

/** An autoencoder learns from scenes, or from crops of them, most of them around an object. */
final class AutoencoderTask implements TrainingTask {
    /** The weight of the divergence from a standard normal latent. */
    private static final double DIVERGENCE = 1e-4;

    /**
     * Noise in the latents, whose deviation is about 3, that the decoder learns to see past: as
     * much as a denoising network leaves.
     */
    private static final double NOISE = 0.3;

    /**
     * How much a pixel in the square around a large object counts, those of smaller ones more; one
     * of the background is 1. What is not of the object there counts as well: the hole is what
     * makes a ring.
     */
    static final float OBJECT_WEIGHT = 5;

    /** How many of the crops show an object, which is where the details are. */
    private static final double CENTRED = 0.85;

    private static final List<String> DECODER =
            List.of(Objectives.VAE + ".decoder.", Objectives.VAE + ".post_quant_conv.");

    private final VaeConfig config;
    private final SceneSampler scenes;
    private final int batch;
    private final int crop;
    private final boolean encodes;
    private final SceneRenderer renderer = new SceneRenderer();
    private final Graph graph;

    /**
     * @param crop width and height, a multiple of the scale
     * @param encodes whether the encoder learns too
     */
    AutoencoderTask(VaeConfig config, SceneSampler scenes, int batch, int crop, boolean encodes) {
        this.config = config;
        this.scenes = scenes;
        this.batch = batch;
        this.crop = crop;
        this.encodes = encodes;
        this.graph = Objectives.autoencoder(config, DIVERGENCE, NOISE);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public boolean learns(String parameter) {
        return encodes || DECODER.stream().anyMatch(parameter::startsWith);
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        SplittableRandom random = new SplittableRandom(number);
        int size = renderer.size();
        float[] whole = new float[3 * size * size];
        float[] crops = new float[batch * 3 * crop * crop];
        float[] weight = new float[size * size];
        float[] weights = new float[batch * crop * crop];
        for (int i = 0; i < batch; i++) {
            Scene scene = scenes.scene(number * batch + i);
            renderer.render(scene, whole, 0);
            boolean centred = random.nextDouble() < CENTRED;
            SceneObject object = scene.objects().get(random.nextInt(scene.objects().size()));
            int left = offset(random, centred, object.x() * size, size);
            int top = offset(random, centred, object.y() * size, size);
            for (int row = 0; row < 3 * crop; row++) {
                int channel = row / crop;
                int from = (channel * size + top + row % crop) * size + left;
                System.arraycopy(whole, from, crops, (i * 3 * crop + row) * crop, crop);
            }
            SceneMaps.weigh(scene, size, OBJECT_WEIGHT, weight, 0);
            for (int row = 0; row < crop; row++) {
                int from = (top + row) * size + left;
                System.arraycopy(weight, from, weights, (i * crop + row) * crop, crop);
            }
        }
        int side = crop / config.scale();
        float[] noise = new float[batch * config.latentChannels() * side * side];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (float) random.nextGaussian();
        }
        return List.of(
                torch.tensor(crops, batch, 3, crop, crop),
                torch.tensor(weights, batch, 1, crop, crop),
                torch.tensor(noise, batch, config.latentChannels(), side, side));
    }

    /** Where a crop begins: at any latent, or at one so that a point lies in its inner half. */
    private int offset(SplittableRandom random, boolean centred, double point, int size) {
        int scale = config.scale();
        int free = (size - crop) / scale;
        if (!centred) {
            return random.nextInt(free + 1) * scale;
        }
        int jitter = random.nextInt(-crop / 4, crop / 4 + 1);
        int first = ((int) point - crop / 2 + jitter) / scale;
        return Math.max(0, Math.min(free, first)) * scale;
    }
}
