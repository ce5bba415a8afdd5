package io.ella.train.stages;

import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.DType;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import io.ella.train.scenes.SceneRenderer;
import io.ella.train.scenes.SceneSampler;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.VaeConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * The latents of the first scenes of a sampler, as the autoencoder's means, scaled to a deviation
 * of 1: what the denoising network learns from, encoded once.
 */
final class Latents {
    private static final int BATCH = 16;
    private static final String SCALE = "scaling_factor";

    private final float[] values;
    private final int channels;
    private final int side;
    private final int each;

    private Latents(float[] values, List<Long> shape) {
        this.values = values;
        this.channels = Math.toIntExact(shape.get(1));
        this.side = Math.toIntExact(shape.get(2));
        this.each = channels * side * side;
    }

    /**
     * Encodes scenes.
     *
     * @param count how many, from number 0
     * @param file where they are kept
     * @param done told how many there are already
     */
    static Latents encode(
            Torch torch,
            VaeConfig config,
            WeightSource vae,
            SceneSampler scenes,
            int count,
            Path file,
            IntConsumer done) {
        SceneRenderer renderer = new SceneRenderer();
        int size = renderer.size();
        int side = size / config.scale();
        int each = config.latentChannels() * side * side;
        float[] all = new float[count * each];
        float[] images = new float[BATCH * 3 * size * size];
        Precision precision = Torch.hasFastBf16() ? Precision.BF16 : Precision.FP32;
        try (Program program = torch.compile(AutoencoderKL.encoder(config), precision);
                Weights weights = program.load(vae)) {
            for (int from = 0; from < count; from += BATCH) {
                int n = Math.min(BATCH, count - from);
                for (int i = 0; i < n; i++) {
                    renderer.render(scenes.scene(from + i), images, i * 3 * size * size);
                }
                try (Tensor image = torch.tensor(images, BATCH, 3, size, size);
                        Outputs outputs = program.run(weights, image)) {
                    System.arraycopy(outputs.get(0).floats(), 0, all, from * each, n * each);
                }
                done.accept(from + n);
            }
        }
        double scale = 1 / deviation(all);
        long[] shape = {count, config.latentChannels(), side, side};
        StoredTensor tensor = StoredTensor.of("latents", all, shape).to(DType.F16);
        Safetensors.write(file, Map.of(SCALE, Double.toString(scale)), List.of(tensor));
        return open(file);
    }

    private static double deviation(float[] values) {
        double sum = 0;
        double squares = 0;
        for (float value : values) {
            sum += value;
            squares += (double) value * value;
        }
        double mean = sum / values.length;
        return Math.sqrt(squares / values.length - mean * mean);
    }

    static Latents open(Path file) {
        try (Safetensors stored = Safetensors.open(file)) {
            double scale = scale(stored);
            StoredTensor tensor = stored.tensor("latents");
            float[] values = tensor.floatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] *= (float) scale;
            }
            return new Latents(values, tensor.shape());
        }
    }

    /** {@return what the autoencoder's latents are multiplied by} */
    static double scalingFactor(Path file) {
        try (Safetensors stored = Safetensors.open(file)) {
            return scale(stored);
        }
    }

    private static double scale(Safetensors stored) {
        return Double.parseDouble(stored.metadata().getOrDefault(SCALE, "1"));
    }

    int count() {
        return values.length / each;
    }

    int channels() {
        return channels;
    }

    /** {@return height and width} */
    int side() {
        return side;
    }

    /** {@return one latent, row-major} */
    float[] get(int index) {
        return Arrays.copyOfRange(values, index * each, (index + 1) * each);
    }
}
