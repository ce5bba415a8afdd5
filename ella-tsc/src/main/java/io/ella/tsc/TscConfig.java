package io.ella.tsc;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.Graph;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;

/**
 * Which connector, and how large.
 *
 * <p>A size that a connector does not have is 0, whatever is given: an MLP has neither time nor
 * layers, heads and queries; a plain resampler has no time. Immutable.
 *
 * @param connector which of the four
 * @param timeChannel width of the sinusoidal embedding of a timestep, even
 * @param timeEmbedDim width of the time embedding that is made of it
 * @param width of the queries: the cross-attention width of the U-Net
 * @param layers number of blocks
 * @param heads of the attention; divides the width
 * @param numLatents number of learned queries
 * @param inputDim width of the text encoder's features
 */
public record TscConfig(
        Connector connector,
        int timeChannel,
        int timeEmbedDim,
        int width,
        int layers,
        int heads,
        int numLatents,
        int inputDim) {

    /** The published connector: {@code ella-sd1.5-tsc-t5xl.safetensors}. */
    public static final TscConfig SD15_T5XL =
            new TscConfig(Connector.ADALN, 320, 768, 768, 6, 8, 64, 2048);

    /** The number of heads of a checkpoint that does not say: no tensor's shape shows it. */
    public static final int DEFAULT_HEADS = 8;

    /** Checks the sizes. */
    public TscConfig {
        timeChannel = connector.isTimeAware() ? timeChannel : 0;
        timeEmbedDim = connector.isTimeAware() ? timeEmbedDim : 0;
        layers = connector.isResampler() ? layers : 0;
        heads = connector.isResampler() ? heads : 0;
        numLatents = connector.isResampler() ? numLatents : 0;
        positive("width", width);
        positive("input_dim", inputDim);
        if (connector.isResampler()) {
            positive("layers", layers);
            positive("heads", heads);
            positive("num_latents", numLatents);
            if (width % heads != 0) {
                throw new EllaException(
                        "a connector of width %d cannot have %d heads: the width must be a multiple"
                                        .formatted(width, heads)
                                + " of \"heads\"; set it in the JSON file of the connector");
            }
        }
        if (connector.isTimeAware()) {
            positive("time_channel", timeChannel);
            positive("time_embed_dim", timeEmbedDim);
            if (timeChannel % 2 != 0) {
                throw new EllaException(
                        "\"time_channel\" is "
                                + timeChannel
                                + "; half of it are sines and half cosines, so it must be even");
            }
        }
    }

    private static void positive(String key, int value) {
        if (value < 1) {
            throw new EllaException("\"" + key + "\" is " + value + "; it must be at least 1");
        }
    }

    /**
     * {@return the settings in a JSON object}
     *
     * @param json the arguments of the official {@code ELLA} class ({@code time_channel}, {@code
     *     time_embed_dim}, {@code act_fn}, {@code out_dim}, {@code width}, {@code layers}, {@code
     *     heads}, {@code num_latents}, {@code input_dim}) and {@code connector}, a {@link
     *     Connector}'s name; what is absent has the published connector's value
     * @throws EllaException if a value is of the wrong kind, out of range or not supported
     */
    public static TscConfig of(Config json) {
        TscConfig absent = SD15_T5XL;
        TscConfig config =
                new TscConfig(
                        Connector.of(json.string("connector", absent.connector.toString())),
                        json.integer("time_channel", absent.timeChannel),
                        json.integer("time_embed_dim", absent.timeEmbedDim),
                        json.integer("width", absent.width),
                        json.integer("layers", absent.layers),
                        json.integer("heads", absent.heads),
                        json.integer("num_latents", absent.numLatents),
                        json.integer("input_dim", absent.inputDim));
        requireSupported(json, config);
        return config;
    }

    /** Refuses arguments of the official class that change the network in other ways. */
    static void requireSupported(Config json, TscConfig config) {
        json.supportsOnly("act_fn", "\"silu\"");
        if (config.connector.isTimeAware()) {
            // The official class takes another width here and then fails in its first block.
            json.supportsOnly("out_dim", Integer.toString(config.timeEmbedDim));
        }
    }

    /**
     * {@return the settings of a checkpoint, from the names and shapes of its tensors}
     *
     * <p>No shape shows the number of heads: it is {@link #DEFAULT_HEADS}, unless a JSON file of
     * the same name beside the checkpoint says otherwise ({@code a.json} for {@code
     * a.safetensors}).
     *
     * @param checkpoint a {@code .safetensors} file, or a folder that holds one
     * @throws EllaException if it is not there, is no connector, or the JSON file contradicts it
     */
    public static TscConfig of(Path checkpoint) {
        return TscCheckpoint.read(checkpoint);
    }

    /**
     * {@return the tensors of a checkpoint, which the caller closes}
     *
     * @param checkpoint a {@code .safetensors} file, or a folder that holds one
     * @throws EllaException if it is not there, or not of that format
     */
    public static WeightSource weights(Path checkpoint) {
        return Checkpoint.open(TscCheckpoint.file(checkpoint));
    }

    /**
     * {@return the settings that follow from the names and shapes of tensors}
     *
     * @param source stored tensors
     * @param heads of the attention, which no shape shows
     * @throws EllaException if these are not the tensors of a connector
     */
    public static TscConfig of(WeightSource source, int heads) {
        return TscCheckpoint.infer(source, heads);
    }

    /**
     * {@return the number of queries}
     *
     * @param tokens the number of text tokens; it matters to an MLP only
     */
    public long queries(long tokens) {
        return connector.isResampler() ? numLatents : tokens;
    }

    /**
     * Records the network. Its input {@code text} is [B, L, inputDim].
     *
     * <p>A time-aware connector has a second input, {@code timesteps} (FLOAT32 [T]), and its output
     * {@code queries} is [T, B, numLatents, width]: each row of the batch at each timestep. The
     * others give [B, queries, width].
     *
     * @return the graph
     */
    public Graph graph() {
        return ConnectorModel.record(this, false);
    }

    /**
     * Records the network with a timestep for each row of the batch, as training needs it.
     *
     * <p>As {@link #graph()}, but a time-aware connector takes {@code timesteps} [B] and gives
     * {@code queries} [B, numLatents, width].
     *
     * @return the graph
     */
    public Graph trainingGraph() {
        return ConnectorModel.record(this, true);
    }

    /**
     * Records the network so that it also says what its queries attend to (the paper's Fig. 8).
     *
     * <p>As {@link #graph()}, with a second output {@code attention}: the weights of each block,
     * the mean over its heads, [T, B, layers, numLatents, numLatents + L], without T if the
     * connector knows no time. Of the last dimension the first {@code numLatents} are the queries
     * themselves, the others the tokens of the text; they sum to 1.
     *
     * @return the graph
     * @throws EllaException if the connector does not attend, which an MLP does not
     */
    public Graph attentionGraph() {
        if (!connector.isResampler()) {
            throw new EllaException(
                    "an %s has no attention to show; give a connector with queries"
                            .formatted(connector));
        }
        return ConnectorModel.recordAttention(this);
    }

    /** {@return the number of weights} */
    public long parameterCount() {
        return graph().parameterCount();
    }
}
