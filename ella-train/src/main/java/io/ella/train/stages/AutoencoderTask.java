package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Background;
import io.ella.train.scenes.Scene;
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

    /** How much a pixel of an object counts, of which there are few; one of the background is 1. */
    private static final float OBJECT_WEIGHT = 5;

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
            weigh(scene.background(), crops, i, weights);
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

    private void weigh(Background background, float[] crops, int index, float[] weights) {
        int pixels = crop * crop;
        for (int i = 0; i < pixels; i++) {
            boolean isObject = false;
            for (int channel = 0; channel < 3; channel++) {
                float plain = (background.rgb() >> (16 - 8 * channel) & 0xFF) / 127.5f - 1;
                isObject |= Math.abs(crops[(index * 3 + channel) * pixels + i] - plain) > 0.02f;
            }
            weights[index * pixels + i] = isObject ? OBJECT_WEIGHT : 1;
        }
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
