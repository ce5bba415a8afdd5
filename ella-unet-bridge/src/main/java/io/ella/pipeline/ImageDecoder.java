package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.image.Image;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import io.ella.unet.LatentDecoder;
import io.ella.unet.LegacyVaeNames;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Latents to pixels. Used on the device thread only. */
final class ImageDecoder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ImageDecoder.class);

    /** The decoder in one precision. */
    private record Loaded(Program program, Weights weights) {
        void close() {
            program.close();
            weights.close();
        }
    }

    private final Torch torch;
    private final LatentDecoder config;
    private final WeightSource source;
    private Loaded decoder;
    private Precision precision;

    /**
     * The decoder of the model, or the one that was given in its place.
     *
     * @throws EllaException if that one is for other latents
     */
    static ImageDecoder open(
            Torch torch, ModelFiles files, Optional<Path> other, Precision precision) {
        LatentDecoder own = LatentDecoder.of(files.vaeConfig());
        if (other.isEmpty()) {
            return new ImageDecoder(torch, own, files.vae(), precision);
        }
        Path folder = other.get();
        LatentDecoder config = LatentDecoder.from(Config.read(folder.resolve("config.json")));
        if (config.latentChannels() != own.latentChannels() || config.scale() != own.scale()) {
            throw new EllaException(
                    "%s decodes latents of %d channels to %d times their size, the model's have %d channels and %d times. Is it for this kind of model?"
                            .formatted(
                                    folder,
                                    config.latentChannels(),
                                    config.scale(),
                                    own.latentChannels(),
                                    own.scale()));
        }
        WeightSource source =
                LegacyVaeNames.resolve(Checkpoint.open(folder), config.graph().parameters());
        try {
            return new ImageDecoder(torch, config, source, precision);
        } catch (RuntimeException | Error e) {
            source.close();
            throw e;
        }
    }

    /** The source stays open, for the case that 16 bits turn out not to be enough. */
    private ImageDecoder(
            Torch torch, LatentDecoder config, WeightSource source, Precision precision) {
        this.torch = torch;
        this.config = config;
        this.source = source;
        this.precision = precision;
        source.check(config.graph().parameters(), LatentDecoder::isOfEncoder);
        this.decoder = load();
    }

    private Loaded load() {
        Program program = torch.compile(config.graph(), precision);
        return new Loaded(program, program.load(source));
    }

    LatentDecoder config() {
        return config;
    }

    /** Decodes one latent, as the scheduler left it. */
    Image decode(float[] latent, LatentSize size) {
        float[] scaled = new float[latent.length];
        for (int i = 0; i < latent.length; i++) {
            scaled[i] = (float) (latent[i] / config.scalingFactor() + config.shiftFactor());
        }
        float[] pixels = run(scaled, size);
        if (!isFinite(pixels) && precision != Precision.FP32) {
            LOG.warn("the decoder overflowed in {}; it goes on in fp32", precision);
            decoder.close();
            precision = Precision.FP32;
            decoder = load();
            pixels = run(scaled, size);
        }
        if (!isFinite(pixels)) {
            throw new EllaException(
                    "the decoder gave values that are not finite; the checkpoint's VAE is damaged");
        }
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = Math.min(Math.max(pixels[i] / 2 + 0.5f, 0), 1);
        }
        return Image.fromChw(pixels, size.imageWidth(), size.imageHeight());
    }

    private float[] run(float[] latent, LatentSize size) {
        try (Tensor input =
                        torch.tensor(
                                latent, 1, config.latentChannels(), size.height(), size.width());
                Outputs outputs = decoder.program.run(decoder.weights, input)) {
            return outputs.get(0).floats();
        }
    }

    private static boolean isFinite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        decoder.close();
        source.close();
    }
}
