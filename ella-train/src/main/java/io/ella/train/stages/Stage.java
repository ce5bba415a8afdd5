package io.ella.train.stages;

import io.ella.core.EllaException;
import io.ella.train.LearningRate;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The stages of a {@link SceneTraining}, in the order in which they build on each other. */
public enum Stage {
    /** The autoencoder, from crops of scenes, which show more of the details in less time. */
    VAE_CROPS(16, 2400, 1.5e-3, 100, 2300),
    /** The autoencoder, from whole scenes: the statistics of its norms are others there. */
    VAE(6, 2400, 1e-3, 50, 2350),
    /** The decoder alone, from whole scenes: latents that were encoded before stay valid. */
    DECODER(6, 2400, 1e-3, 50, 2350),
    /** A small decoder for previews, from the latents of whole scenes. */
    TINY_VAE(8, 4_000, 2e-3, 100, 3_000),
    /** The T5 encoder, from captions alone. */
    T5(32, 800, 1.5e-3, 50, 750),
    /** The Llama, from captions alone. */
    LLAMA(32, 800, 1.5e-3, 50, 750),
    /** The denoising network and its text encoder: from noise, where what a caption names is. */
    LAYOUT(32, 1_000, 5e-4, 100, 100),
    /** Both, from scenes with short captions. */
    BASE(32, 12_000, 5e-4, 200, 4_000),
    /** The connector, to begin with what the base model's own text encoder says, by token. */
    ALIGN(32, 1_200, 1e-3, 100, 600),
    /** The connector, to be to the denoising network what the base model's own text encoder is. */
    DISTIL(32, 2_000, 7e-4, 100, 1_500),
    /** The connector, from scenes with dense captions; everything else is frozen. */
    TSC(32, 4_000, 5e-4, 100, 1_500);

    private final int batch;
    private final long steps;
    private final double rate;
    private final long warmup;
    private final long decay;

    Stage(int batch, long steps, double rate, long warmup, long decay) {
        this.batch = batch;
        this.steps = steps;
        this.rate = rate;
        this.warmup = warmup;
        this.decay = decay;
    }

    /**
     * {@return the stage of that name}
     *
     * @param name as printed
     * @throws EllaException if there is none
     */
    public static Stage of(String name) {
        return Arrays.stream(values())
                .filter(stage -> stage.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new EllaException(
                                        "\"%s\" is no stage; choose one of %s"
                                                .formatted(name, Arrays.toString(values()))));
    }

    int batch() {
        return batch;
    }

    boolean isOfConnector() {
        return this == ALIGN || this == DISTIL || this == TSC;
    }

    /**
     * {@return the stages that it can go on from, the latest first: itself, and for connectors
     * others}
     */
    List<Stage> precursors() {
        return switch (this) {
            case BASE -> List.of(BASE, LAYOUT);
            case DISTIL -> List.of(DISTIL, ALIGN);
            case TSC -> List.of(TSC, DISTIL, ALIGN);
            default -> List.of(this);
        };
    }

    /** {@return how many updates the stage has} */
    public long steps() {
        return steps;
    }

    /** The rate over another number of steps, of which as large a part is its fall. */
    LearningRate rate(long other) {
        return LearningRate.trapezoid(
                rate, Math.min(warmup, other / 10), other, Math.max(1, decay * other / steps));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
