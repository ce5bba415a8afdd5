package io.ella.train.connector;

import io.ella.core.graph.Graph;
import io.ella.core.scheduler.ForwardProcess;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.train.NoisyLatents;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.VaeConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A connector learns to make a frozen U-Net take the noise from images, given their captions. Each
 * pass over the data has an order of its own.
 */
final class ConnectorTask implements TrainingTask {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final Graph graph;
    private final ConnectorSettings settings;
    private final VaeConfig vae;
    private final int inputDim;
    private final ForwardProcess forward;
    private final FeatureCache cache;
    private final List<String> latents;
    private final List<String> texts;
    private final String empty;
    private final List<String> pooled;
    private long pass = -1;
    private int[] order = {};

    /**
     * @param latents the keys of the images' latents
     * @param texts the keys of their captions' features
     * @param empty the key of the empty caption's
     * @param pooled the keys of the captions' pooled embeddings, and last that of no caption's;
     *     nothing where the network takes none
     */
    ConnectorTask(
            Graph graph,
            ConnectorSettings settings,
            VaeConfig vae,
            int inputDim,
            ForwardProcess forward,
            FeatureCache cache,
            List<String> latents,
            List<String> texts,
            String empty,
            List<String> pooled) {
        this.graph = graph;
        this.settings = settings;
        this.vae = vae;
        this.inputDim = inputDim;
        this.forward = forward;
        this.cache = cache;
        this.latents = latents;
        this.texts = texts;
        this.empty = empty;
        this.pooled = List.copyOf(pooled);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public boolean learns(String parameter) {
        return Objectives.isOfConnector(parameter);
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        SplittableRandom random = new SplittableRandom(settings.seed() * GOLDEN + number);
        int batch = settings.batch();
        int side = settings.size() / vae.scale();
        int features = settings.maxLength() * inputDim;
        NoisyLatents noisy = new NoisyLatents(forward, batch, vae.latentChannels(), side, side);
        float[] text = new float[batch * features];
        List<float[]> embeddings = new ArrayList<>();
        for (int i = 0; i < batch; i++) {
            int image = image(number * batch + i);
            int timestep = random.nextInt(forward.timesteps());
            boolean dropped = random.nextDouble() < settings.dropout();
            noisy.put(i, sample(cache.read(latents.get(image)), random), timestep, random);
            float[] caption = cache.read(dropped ? empty : texts.get(image));
            System.arraycopy(caption, 0, text, i * features, features);
            if (!pooled.isEmpty()) {
                embeddings.add(cache.read(pooled.get(dropped ? latents.size() : image)));
            }
        }
        List<Tensor> inputs = new ArrayList<>(noisy.tensors(torch));
        inputs.addAll(textTime(torch, embeddings));
        inputs.add(torch.tensor(text, batch, settings.maxLength(), inputDim));
        return inputs;
    }

    /** What SDXL's U-Net also takes: pooled embeddings, and the sizes as pipelines give them. */
    private List<Tensor> textTime(Torch torch, List<float[]> embeddings) {
        if (embeddings.isEmpty()) {
            return List.of();
        }
        int batch = embeddings.size();
        int width = embeddings.get(0).length;
        float[] all = new float[batch * width];
        float[] sizes = UNet2DConditionModel.timeIds(settings.size(), settings.size());
        float[] ids = new float[batch * sizes.length];
        for (int i = 0; i < batch; i++) {
            System.arraycopy(embeddings.get(i), 0, all, i * width, width);
            System.arraycopy(sizes, 0, ids, i * sizes.length, sizes.length);
        }
        return List.of(torch.tensor(all, batch, width), torch.tensor(ids, batch, sizes.length));
    }

    /** Draws a latent from what the autoencoder says of the image, and scales it. */
    private float[] sample(float[] moments, SplittableRandom random) {
        float[] scaled = new float[moments.length / 2];
        for (int i = 0; i < scaled.length; i++) {
            double deviation = Math.exp(0.5 * moments[scaled.length + i]);
            double latent = moments[i] + deviation * random.nextGaussian();
            scaled[i] = (float) ((latent - vae.shiftFactor()) * vae.scalingFactor());
        }
        return scaled;
    }

    /** {@return which image is the so-manieth that is seen} */
    private int image(long position) {
        int count = latents.size();
        long wanted = position / count;
        if (wanted != pass) {
            order = IntStream.range(0, count).toArray();
            SplittableRandom random = new SplittableRandom(~settings.seed() * GOLDEN + wanted);
            for (int i = count - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int other = order[j];
                order[j] = order[i];
                order[i] = other;
            }
            pass = wanted;
        }
        return order[(int) (position % count)];
    }
}
