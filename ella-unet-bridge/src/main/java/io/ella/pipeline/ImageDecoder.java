package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.graph.Graph;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.image.Image;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.WeightSource;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.VaeConfig;
import java.util.List;
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
    private final VaeConfig config;
    private final WeightSource source;
    private Loaded decoder;
    private Precision precision;

    /** The source stays open, for the case that 16 bits turn out not to be enough. */
    ImageDecoder(Torch torch, VaeConfig config, WeightSource source, Precision precision) {
        this.torch = torch;
        this.config = config;
        this.source = source;
        this.precision = precision;
        List<ParameterSpec> both = AutoencoderKL.decoder(config).parameters();
        source.check(both, name -> name.startsWith("encoder.") || name.startsWith("quant_conv."));
        this.decoder = load();
    }

    private Loaded load() {
        Graph graph = AutoencoderKL.decoder(config);
        Program program = torch.compile(graph, precision);
        return new Loaded(program, program.load(source));
    }

    VaeConfig config() {
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
