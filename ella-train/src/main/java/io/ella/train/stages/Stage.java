package io.ella.train.stages;

import io.ella.core.EllaException;
import java.util.Arrays;
import java.util.Locale;

/** The stages of a {@link SceneTraining}, in the order in which they build on each other. */
public enum Stage {
    /** The autoencoder, from crops of scenes. */
    VAE(24, 1700, 1.5e-3, 100),
    /** The T5 encoder, from captions alone. */
    T5(32, 800, 1.5e-3, 50),
    /** The Llama, from captions alone. */
    LLAMA(32, 800, 1.5e-3, 50),
    /** The denoising network and its text encoder, from scenes with short captions. */
    BASE(64, 24_000, 4e-4, 200),
    /** The connector, from scenes with dense captions; everything else is frozen. */
    TSC(48, 8_000, 5e-4, 100);

    private final int batch;
    private final long steps;
    private final double rate;
    private final long warmup;

    Stage(int batch, long steps, double rate, long warmup) {
        this.batch = batch;
        this.steps = steps;
        this.rate = rate;
        this.warmup = warmup;
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

    /** {@return how many updates the stage has} */
    public long steps() {
        return steps;
    }

    double rate() {
        return rate;
    }

    long warmup() {
        return warmup;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
