package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
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
    private final Path path;
    private final ModelFiles files;

    private DiffusionCheckpoint(Path path, ModelFiles files) {
        this.path = path;
        this.files = files;
    }

    /**
     * {@return the checkpoint at a path}
     *
     * @param path a folder in diffusers' layout, or a single .safetensors file
     * @throws EllaException if it is not there, or is no such checkpoint
     */
    public static DiffusionCheckpoint open(Path path) {
        return new DiffusionCheckpoint(path, ModelFiles.open(path));
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

    /**
     * Loads SDXL's second text encoder, for the pooled embedding that its U-Net takes.
     *
     * @param torch where to
     * @param precision in what to compute
     * @return the encoder, which the caller closes
     * @throws EllaException if the checkpoint has none, or no tokenizer for it
     */
    public PooledText pooledText(Torch torch, Precision precision) {
        return PooledText.open(
                torch,
                files,
                path.toString(),
                precision,
                () ->
                        new EllaException(
                                path
                                        + " has no tokenizer for its second text encoder. Put CLIP's vocab.json and merges.txt into a folder \"tokenizer\" beside a single file, \"tokenizer_2\" in a folder"));
    }

    @Override
    public void close() {
        files.close();
    }
}
