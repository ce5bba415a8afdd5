package io.ella.train.connector;

import io.ella.core.EllaException;
import io.ella.core.torch.AdamW;
import io.ella.core.torch.Precision;
import io.ella.train.LearningRate;
import io.ella.train.TrainingPlan;
import io.ella.tsc.Connector;
import io.ella.tsc.TscConfig;
import io.ella.unet.UNetConfig;

/**
 * What is trained, and how. Immutable; {@link #PAPER} and the methods that change one thing of it
 * make it.
 *
 * @param connector which of the four
 * @param layers number of blocks
 * @param queries number of learned queries
 * @param heads of the attention
 * @param size width and height of the images, a multiple of 8
 * @param maxLength how many tokens a caption is padded and cut to
 * @param dropout how often a caption is replaced by an empty one, in [0, 1], for guidance
 * @param batch how many images are seen at once
 * @param seed of the weights to begin with, the order of the images, the noise and the timesteps
 * @param plan for how long and how fast
 */
public record ConnectorSettings(
        Connector connector,
        int layers,
        int queries,
        int heads,
        int size,
        int maxLength,
        double dropout,
        int batch,
        long seed,
        TrainingPlan plan) {

    /**
     * The paper's (section 4.1): AdaLN with six blocks and 64 queries, AdamW with a weight decay of
     * 0.01, a constant rate of 1e-4, 128 tokens; on 512×512 pixels as Stable Diffusion 1.5. How
     * long and in which batches depends on the data.
     */
    public static final ConnectorSettings PAPER =
            new ConnectorSettings(
                    Connector.ADALN,
                    6,
                    64,
                    TscConfig.DEFAULT_HEADS,
                    512,
                    128,
                    0.1,
                    4,
                    0,
                    new TrainingPlan(
                            10_000,
                            1,
                            LearningRate.constant(1e-4, 0),
                            AdamW.defaults(),
                            0,
                            Precision.FP32,
                            100));

    /** Checks the ranges. */
    public ConnectorSettings {
        if (size < 8 || size % 8 != 0) {
            throw new EllaException("the size is " + size + ", expected a multiple of 8");
        }
        if (batch < 1 || maxLength < 1) {
            throw new EllaException(
                    "a batch of %d and captions of %d tokens: both are at least 1"
                            .formatted(batch, maxLength));
        }
        if (!(dropout >= 0 && dropout <= 1)) {
            throw new EllaException("the dropout is " + dropout + ", expected 0 to 1");
        }
    }

    /**
     * {@return the same for another connector}
     *
     * @param kind which of the four
     * @param blocks how many
     * @param learned how many queries
     * @param attention how many heads
     */
    public ConnectorSettings connector(Connector kind, int blocks, int learned, int attention) {
        return new ConnectorSettings(
                kind, blocks, learned, attention, size, maxLength, dropout, batch, seed, plan);
    }

    /**
     * {@return the same for other data}
     *
     * @param side width and height of the images, a multiple of 8
     * @param tokens how many a caption is padded and cut to
     * @param dropped how often a caption is empty
     * @param images how many are seen at once
     */
    public ConnectorSettings data(int side, int tokens, double dropped, int images) {
        return new ConnectorSettings(
                connector, layers, queries, heads, side, tokens, dropped, images, seed, plan);
    }

    /**
     * {@return the same from another seed}
     *
     * @param other any
     */
    public ConnectorSettings seed(long other) {
        return new ConnectorSettings(
                connector, layers, queries, heads, size, maxLength, dropout, batch, other, plan);
    }

    /**
     * {@return the same for another length or pace}
     *
     * @param other how long and how fast
     */
    public ConnectorSettings plan(TrainingPlan other) {
        return new ConnectorSettings(
                connector, layers, queries, heads, size, maxLength, dropout, batch, seed, other);
    }

    /** The connector between a text encoder and a U-Net, with the published one's proportions. */
    TscConfig config(UNetConfig unet, int inputDim) {
        int width = unet.crossAttentionDim();
        int timeChannel = unet.blockOutChannels().get(0);
        return new TscConfig(
                connector, timeChannel, width, width, layers, heads, queries, inputDim);
    }
}
