package io.ella.pipeline;

import io.ella.core.scheduler.SchedulerConfig;
import io.ella.core.weights.WeightSource;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.LegacyVaeNames;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.nio.file.Path;

/**
 * The networks of a Stable Diffusion checkpoint, found and matched but not loaded: for what uses
 * them in other ways than a pipeline does, such as training.
 *
 * <p>Immutable; to be closed when the weights have been read.
 */
public final class DiffusionCheckpoint implements AutoCloseable {
    private final ModelFiles files;

    private DiffusionCheckpoint(ModelFiles files) {
        this.files = files;
    }

    /**
     * {@return the checkpoint at a path}
     *
     * @param path a folder in diffusers' layout, or a single .safetensors file
     * @throws io.ella.core.EllaException if it is not there, or is no such checkpoint
     */
    public static DiffusionCheckpoint open(Path path) {
        return new DiffusionCheckpoint(ModelFiles.open(path));
    }

    /** {@return the shape of the U-Net} */
    public UNetConfig unetConfig() {
        return files.unetConfig();
    }

    /** {@return the weights of the U-Net, under diffusers' names} */
    public WeightSource unet() {
        return files.unet();
    }

    /** {@return the shape of the autoencoder} */
    public VaeConfig vaeConfig() {
        return files.vaeConfig();
    }

    /** {@return the weights of the autoencoder, encoder and decoder, under diffusers' names} */
    public WeightSource vae() {
        return LegacyVaeNames.resolve(
                files.vae(), AutoencoderKL.encoder(files.vaeConfig()).parameters());
    }

    /** {@return the settings that the model was trained with} */
    public SchedulerConfig scheduler() {
        return files.scheduler();
    }

    @Override
    public void close() {
        files.close();
    }
}
