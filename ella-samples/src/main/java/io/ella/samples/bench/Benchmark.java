package io.ella.samples.bench;

import io.ella.core.EllaException;
import io.ella.core.graph.Cost;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import java.util.List;

/** One network of full size with computed weights, loaded and ready to run. Not thread-safe. */
public interface Benchmark extends AutoCloseable {

    /** Which network. */
    enum Model {
        /** The U-Net, one call without guidance. */
        UNET,
        /** The decoder of the autoencoder. */
        VAE,
        /** The encoder of flan-t5-xl. */
        T5,
        /** The connector of the paper, for the 25 timesteps of a schedule at once. */
        TSC,
        /** Stable Diffusion's own text encoder. */
        CLIP,
        /** A step of training of a small U-Net: forward, backward, AdamW and moving average. */
        TRAIN
    }

    /** Which family of models it belongs to. */
    enum Family {
        /** Stable Diffusion 1.5. */
        SD15,
        /** Stable Diffusion XL. */
        SDXL
    }

    /**
     * How much work.
     *
     * @param family which family of models
     * @param size of the latent in each direction for U-Net, VAE and training, else tokens; 0 for
     *     the usual
     * @param batch rows; 0 for the usual
     * @param streamed whether T5 reads its weights layer by layer at each run
     */
    record Load(Family family, int size, int batch, boolean streamed) {
        /** This with the usual values where there is none. */
        Load orElse(int usualSize, int usualBatch) {
            return new Load(
                    family,
                    size == 0 ? usualSize : size,
                    batch == 0 ? usualBatch : batch,
                    streamed);
        }
    }

    /**
     * Loads a network.
     *
     * @param model which
     * @param load how much work
     * @param torch where
     * @param precision in what; AUTO for the component's own choice
     * @return the network, which the caller closes
     * @throws EllaException if there is no such network, or memory runs out
     */
    static Benchmark open(Model model, Load load, Torch torch, Precision precision) {
        if (load.family == Family.SDXL
                && (model == Model.T5 || model == Model.TSC || model == Model.TRAIN)) {
            throw new EllaException(
                    "there is one %s only; leave the configuration out".formatted(model));
        }
        Precision picked = pick(model, torch, precision);
        return switch (model) {
            case UNET -> GraphBenchmark.unet(torch, picked, load);
            case VAE -> GraphBenchmark.vae(torch, picked, load);
            case TSC -> GraphBenchmark.tsc(torch, picked, load);
            case T5 -> new T5Benchmark(torch, picked, load.orElse(128, 1));
            case TRAIN -> new TrainBenchmark(torch, picked, load.orElse(16, 64));
            case CLIP -> new ClipBenchmark(torch, picked, load.orElse(77, 1));
        };
    }

    private static Precision pick(Model model, Torch torch, Precision asked) {
        if (asked != Precision.AUTO) {
            return asked;
        }
        if (torch.device().isCuda()) {
            return Precision.FP16;
        }
        boolean bf16 = model == Model.UNET || model == Model.VAE || model == Model.TRAIN;
        return bf16 && Torch.hasFastBf16() ? Precision.BF16 : Precision.FP32;
    }

    /** Runs once, to the last result in Java's memory. */
    void run();

    /** {@return what each kind of operation costs in one run} */
    List<Cost> costs();

    /** {@return the work, with every usual value filled in} */
    Load load();

    /** {@return in what it computes; never AUTO} */
    Precision precision();

    /** Frees the network. */
    @Override
    void close();
}
