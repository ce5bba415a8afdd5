package io.ella.train.evaluation;

import io.ella.core.config.Config;
import io.ella.core.image.Image;
import io.ella.core.torch.Device;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import io.ella.train.scenes.SceneRenderer;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.VaeConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Renders of scenes, encoded and decoded again in fp32; the latent is the encoder's mean. */
final class Autoencoder implements Pictures, AutoCloseable {
    private final Torch torch;
    private final SceneRenderer renderer;
    private final Program encoder;
    private final Weights encoderWeights;
    private final Program decoder;
    private final Weights decoderWeights;

    /**
     * @param folder the VAE's {@code config.json} and weights
     * @param size of the renders, a multiple of the VAE's scale
     */
    Autoencoder(Device device, Path folder, int size) {
        VaeConfig config = VaeConfig.from(Config.read(folder.resolve("config.json")));
        renderer = new SceneRenderer(size);
        torch = Torch.open(device);
        try (WeightSource source = Checkpoint.open(folder)) {
            encoder = torch.compile(AutoencoderKL.encoder(config), Precision.FP32);
            decoder = torch.compile(AutoencoderKL.decoder(config), Precision.FP32);
            encoderWeights = encoder.load(source);
            decoderWeights = decoder.load(source);
        }
    }

    @Override
    public List<Image> draw(HeldOutPrompt prompt, BooleanSupplier cancelled) {
        int size = renderer.size();
        float[] pixels = renderer.render(prompt.scene());
        try (Tensor image = torch.tensor(pixels, 1, 3, size, size);
                Outputs moments = encoder.run(encoderWeights, image);
                Outputs decoded = decoder.run(decoderWeights, moments.get(0))) {
            float[] chw = decoded.get(0).floats();
            for (int i = 0; i < chw.length; i++) {
                chw[i] = chw[i] / 2 + 0.5f;
            }
            return List.of(Image.fromChw(chw, size, size));
        }
    }

    @Override
    public void close() {
        decoderWeights.close();
        encoderWeights.close();
        decoder.close();
        encoder.close();
        torch.close();
    }
}
