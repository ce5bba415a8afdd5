package io.ella.encoders;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.Graph;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Stable Diffusion's own text encoder: CLIP-L, or with a projection OpenCLIP's bigG.
 *
 * <p>Thread-safe on the CPU; on a GPU one thread at a time. To be closed before its {@link Torch}
 * is.
 */
public final class ClipTextEncoder implements AutoCloseable {
    private static final String NAME = "CLIP text encoder";

    private final Torch torch;
    private final ClipTextConfig config;
    private final Program program;
    private final Weights weights;
    private volatile boolean open = true;

    private ClipTextEncoder(Torch torch, ClipTextConfig config, Program program, Weights weights) {
        this.torch = torch;
        this.config = config;
        this.program = program;
        this.weights = weights;
    }

    /**
     * Opens a checkpoint as transformers or diffusers save it.
     *
     * @param folder with {@code config.json} and weights
     * @param torch where to run
     * @param precision in what to compute; {@link Precision#AUTO} is fp32 on the CPU and fp16 on a
     *     GPU
     * @return the encoder
     * @throws EllaException if the folder does not hold such a model, whole
     */
    public static ClipTextEncoder open(Path folder, Torch torch, Precision precision) {
        ClipTextConfig config = ClipTextConfig.from(Config.read(folder.resolve("config.json")));
        return load(torch, config, Checkpoint.open(folder), precision);
    }

    /**
     * Loads an encoder.
     *
     * @param torch where to run
     * @param config what the model is made of
     * @param source with transformers' parameter names, with or without {@code text_model.} before
     *     them, of the encoder alone or of a whole CLIP model; it is closed here, also when loading
     *     fails
     * @param precision in what to compute; {@link Precision#AUTO} is fp32 on the CPU and fp16 on a
     *     GPU
     * @return the encoder
     * @throws EllaException if the source does not hold what the configuration says
     */
    public static ClipTextEncoder load(
            Torch torch, ClipTextConfig config, WeightSource source, Precision precision) {
        try (source) {
            ClipTextModel model = new ClipTextModel(config);
            Graph graph = model.graph();
            UnaryOperator<String> names = model.storedNames(source);
            source.check(renamed(graph.parameters(), names), ClipTextModel::ignorable);
            Precision picked = LayeredEncoder.resolve(NAME, precision, torch);
            Program program = torch.compile(graph, picked);
            Weights weights = program.load(source.renamed(names));
            return new ClipTextEncoder(torch, config, program, weights);
        }
    }

    /**
     * {@return the parameters that {@link #load} reads, under the names that the source has for
     * them}
     *
     * @param config what the model is made of
     * @param source see {@link #load}; it stays open
     */
    public static List<ParameterSpec> parameters(ClipTextConfig config, WeightSource source) {
        ClipTextModel model = new ClipTextModel(config);
        return renamed(model.graph().parameters(), model.storedNames(source));
    }

    private static List<ParameterSpec> renamed(
            List<ParameterSpec> parameters, UnaryOperator<String> names) {
        return parameters.stream()
                .map(p -> new ParameterSpec(names.apply(p.name()), p.shape()))
                .toList();
    }

    /** {@return what the model is made of} */
    public ClipTextConfig config() {
        return config;
    }

    /** {@return in what it computes; never {@link Precision#AUTO}} */
    public Precision precision() {
        return program.precision();
    }

    /**
     * Encodes a batch of prompts.
     *
     * @param ids token ids, begin and end token and padding included, [B, L]; L is at most {@link
     *     ClipTextConfig#maxPositionEmbeddings()}
     * @return hidden states and embeddings, which the caller closes
     * @throws EllaException if the batch is empty or ragged, an id is not in the vocabulary, a
     *     prompt has no end token, or memory runs out
     */
    public ClipOutput encode(long[][] ids) {
        long[][] mask = new long[ids.length][];
        Arrays.setAll(mask, i -> ones(ids[i].length));
        int longest = config.maxPositionEmbeddings();
        TokenBatch batch = TokenBatch.of(NAME, ids, mask, config.vocabSize(), longest);
        if (!open) {
            throw new EllaException("the " + NAME + " was used after it was closed");
        }
        try (Tensor all = torch.tensor(batch.flatIds(), batch.size(), batch.length());
                Tensor ends = torch.tensor(ends(ids), batch.size())) {
            Outputs outputs = program.run(weights, all, ends);
            return new ClipOutput(
                    outputs.get(0),
                    outputs.get(1),
                    outputs.get(2),
                    config.projectionDim() > 0 ? Optional.of(outputs.get(3)) : Optional.empty());
        }
    }

    private static long[] ones(int length) {
        long[] ones = new long[length];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Where each prompt ends, counted through the batch. */
    private long[] ends(long[][] ids) {
        long[] ends = new long[ids.length];
        Arrays.setAll(ends, i -> (long) i * ids[i].length + end(i, ids[i]));
        return ends;
    }

    private int end(int prompt, long[] ids) {
        boolean legacy = config.eosTokenId() == ClipTextConfig.LEGACY_EOS;
        long wanted = legacy ? Arrays.stream(ids).max().orElseThrow() : config.eosTokenId();
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] == wanted) {
                return i;
            }
        }
        throw new EllaException(
                "%s: prompt %d has no end token (%d). Truncate a prompt before its end token is added"
                        .formatted(NAME, prompt, wanted));
    }

    /** Frees the weights. */
    @Override
    public void close() {
        if (open) {
            open = false;
            program.close();
            weights.close();
        }
    }
}
