package io.ella.samples.attention;

import io.ella.core.EllaException;
import io.ella.core.files.WholeFile;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.Residency;
import io.ella.encoders.TextEncoder;
import io.ella.encoders.TokenIds;
import io.ella.encoders.TokenLength;
import io.ella.encoders.Tokenizer;
import io.ella.tsc.TscConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * How the queries of a time-aware connector share their attention between the words of a prompt, at
 * each timestep. Immutable.
 */
public final class PromptAttention {
    private final double[] timesteps;
    private final List<Words.Word> words;

    /** Weights of the queries on the text, the mean over heads, [T, blocks, queries, tokens]. */
    private final INDArray weights;

    /** The same by token, the mean over blocks and queries, [T, tokens]. */
    private final INDArray byToken;

    private PromptAttention(double[] timesteps, List<Words.Word> words, INDArray weights) {
        this.timesteps = timesteps.clone();
        this.words = words;
        this.weights = weights;
        this.byToken = weights.mean(1, 2);
    }

    /**
     * Runs text encoder and connector in fp32.
     *
     * @param torch where
     * @param connector a .safetensors file, or a folder with one
     * @param textEncoder the folder of its language model
     * @param prompt any
     * @param length of the prompt in tokens
     * @param timesteps one at least
     * @return the attention
     * @throws EllaException if a part is missing, they do not fit each other, the connector knows
     *     no time, or the prompt has no words
     */
    public static PromptAttention of(
            Torch torch,
            Path connector,
            Path textEncoder,
            String prompt,
            TokenLength length,
            double[] timesteps) {
        TscConfig config = TscConfig.of(connector);
        if (!config.connector().isTimeAware()) {
            throw new EllaException(
                    connector
                            + " is of the kind "
                            + config.connector()
                            + ", whose attention is the same at all timesteps. Give a time-aware connector");
        }
        try (Tokenizer tokenizer = Tokenizer.open(textEncoder);
                TextEncoder encoder =
                        TextEncoder.open(textEncoder, torch, Precision.FP32, Residency.STREAMED)) {
            TokenIds tokens = tokenizer.encode(prompt, length);
            List<Words.Word> words = Words.of(tokenizer, prompt, tokens.count());
            if (words.isEmpty()) {
                throw new EllaException("the prompt has no words to attend to; give some");
            }
            if (config.inputDim() != encoder.width()) {
                throw new EllaException(
                        "%s takes features of width %d, %s gives %d. Is this the text encoder that it was trained with?"
                                .formatted(
                                        connector,
                                        config.inputDim(),
                                        textEncoder,
                                        encoder.width()));
            }
            try (Tensor features = encoder.encode(tokens)) {
                INDArray weights = weights(torch, config, connector, features, timesteps);
                return new PromptAttention(timesteps, words, weights);
            }
        }
    }

    private static INDArray weights(
            Torch torch, TscConfig config, Path connector, Tensor features, double[] timesteps) {
        float[] times = new float[timesteps.length];
        for (int i = 0; i < times.length; i++) {
            times[i] = (float) timesteps[i];
        }
        try (Program program = torch.compile(config.attentionGraph(), Precision.FP32);
                WeightSource source = TscConfig.weights(connector);
                Weights parameters = program.load(source);
                Tensor input = torch.tensor(times, times.length);
                Outputs outputs = program.run(parameters, features, input)) {
            int queries = config.numLatents();
            long keys = queries + features.shape()[1];
            INDArrayIndex all = NDArrayIndex.all();
            return Nd4j.createFromArray(outputs.get(1).floats())
                    .reshape('c', times.length, config.layers(), queries, keys)
                    .get(all, all, all, NDArrayIndex.interval(queries, keys))
                    .dup('c');
        }
    }

    /** {@return the timesteps, as they were given} */
    public double[] timesteps() {
        return timesteps.clone();
    }

    /** {@return the words of the prompt that the text encoder was given, in their order} */
    public List<String> words() {
        return words.stream().map(Words.Word::text).toList();
    }

    /**
     * {@return the share of attention that a word gets, the mean over blocks and queries, the sum
     * over its tokens, at each timestep}
     *
     * @param word its index
     */
    public double[] share(int word) {
        Words.Word one = words.get(word);
        return byToken.get(NDArrayIndex.all(), NDArrayIndex.interval(one.from(), one.to()))
                .sum(1)
                .toDoubleVector();
    }

    /** {@return the share of the text as a whole, special tokens and padding included} */
    public double[] textShare() {
        return byToken.sum(1).toDoubleVector();
    }

    /**
     * Writes the weights on the text: 32-bit floats, [T, blocks, queries, tokens], the mean over
     * the heads. What is missing to 1 goes to the queries themselves.
     *
     * @param file in NumPy's format ({@code .npy}); replaced once it is whole
     * @throws EllaException if it cannot be written
     */
    public void writeNumbers(Path file) {
        try {
            WholeFile.write(file, temporary -> Nd4j.writeAsNumpy(weights, temporary.toFile()));
        } catch (IOException e) {
            throw new EllaException(file + " cannot be written: " + e, e);
        }
    }

    /** {@return the shape of the weights: timesteps, blocks, queries, tokens} */
    public List<Long> shape() {
        return Arrays.stream(weights.shape()).boxed().toList();
    }
}
