package io.ella.encoders;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;
import java.util.List;

/**
 * A frozen language model that turns token ids into features: a T5 encoder or a Llama, or, as the
 * paper compares, CLIP.
 *
 * <pre>{@code
 * try (TextEncoder encoder = TextEncoder.open(folder, torch, Precision.AUTO, Residency.STREAMED);
 *         Tensor features = encoder.encode(prompt)) { // [1, L, width]
 *     …
 * }
 * }</pre>
 *
 * <p>Thread-safe on the CPU; on a GPU one thread at a time. Everything is to be closed before its
 * {@link Torch} is.
 */
public sealed interface TextEncoder extends AutoCloseable
        permits LayeredEncoder, ClipFeatures, CachedTextEncoder {

    /**
     * Opens a checkpoint as transformers saves it.
     *
     * @param folder with {@code config.json} ({@code model_type} {@code t5}, {@code llama} or
     *     {@code clip_text_model}) and weights
     * @param torch where to run
     * @param precision in what to compute; {@link Precision#AUTO} is fp32 on the CPU and fp16 on a
     *     GPU
     * @param residency whether all weights stay in memory; CLIP's always do
     * @return the encoder
     * @throws EllaException if the folder does not hold such a model, whole
     */
    static TextEncoder open(Path folder, Torch torch, Precision precision, Residency residency) {
        Config config = Config.read(folder.resolve("config.json"));
        String type = config.string("model_type");
        return switch (type) {
            case "t5" ->
                    load(
                            torch,
                            T5Config.from(config),
                            Checkpoint.open(folder),
                            precision,
                            residency);
            case "llama" ->
                    load(
                            torch,
                            LlamaConfig.from(config),
                            Checkpoint.open(folder),
                            precision,
                            residency);
            case "clip_text_model" ->
                    new ClipFeatures(ClipTextEncoder.open(folder, torch, precision));
            default ->
                    throw new EllaException(
                            "%s: \"model_type\" is \"%s\", ELLA's text encoders are \"t5\", \"llama\" and \"clip_text_model\""
                                    .formatted(config.origin(), type));
        };
    }

    /**
     * Loads a T5 encoder. Features are its last hidden state, also at padded positions, which
     * attend to the prompt as all do.
     *
     * @param torch where to run
     * @param config what the model is made of
     * @param source with transformers' parameter names, of the encoder alone or of the whole T5; it
     *     is the encoder's from here on, which closes it, also when loading fails
     * @param precision in what to compute; {@link Precision#AUTO} is fp32 on the CPU and fp16 on a
     *     GPU. The residual stream and {@code wo} are in 32 bits in either: T5 overflows fp16
     *     there.
     * @param residency whether all weights stay in memory
     * @return the encoder
     * @throws EllaException if the source does not hold what the configuration says
     */
    static TextEncoder load(
            Torch torch,
            T5Config config,
            WeightSource source,
            Precision precision,
            Residency residency) {
        return LayeredEncoder.load(torch, new T5Model(config), source, precision, residency);
    }

    /**
     * Loads a Llama. Features are its last hidden state, after the final norm; those at padded
     * positions have no meaning.
     *
     * @param torch where to run
     * @param config what the model is made of
     * @param source with transformers' parameter names, of {@code LlamaModel} or {@code
     *     LlamaForCausalLM}; it is the encoder's from here on, which closes it, also when loading
     *     fails
     * @param precision in what to compute; {@link Precision#AUTO} is fp32 on the CPU and fp16 on a
     *     GPU. The residual stream is in 32 bits in either.
     * @param residency whether all weights stay in memory
     * @return the encoder
     * @throws EllaException if the source does not hold what the configuration says
     */
    static TextEncoder load(
            Torch torch,
            LlamaConfig config,
            WeightSource source,
            Precision precision,
            Residency residency) {
        return LayeredEncoder.load(torch, new LlamaModel(config), source, precision, residency);
    }

    /**
     * {@return the parameters of a T5 encoder, as a checkpoint names them}
     *
     * @param config what the model is made of
     */
    static List<ParameterSpec> parameters(T5Config config) {
        return ResidentStack.graph(new T5Model(config)).parameters();
    }

    /** {@return the width of the features} */
    int width();

    /** {@return how many tokens a prompt may have, padding included} */
    int maxLength();

    /** {@return in what it computes; never {@link Precision#AUTO}} */
    Precision precision();

    /**
     * Encodes a batch of prompts.
     *
     * @param ids token ids, [B, L]
     * @param mask 1 where there is a token, 0 where padding, [B, L]
     * @return the features, [B, L, width], FLOAT32, which the caller closes
     * @throws EllaException if the batch is empty or ragged, an id is not in the vocabulary, or
     *     memory runs out
     */
    Tensor encode(long[][] ids, long[][] mask);

    /**
     * Encodes one prompt.
     *
     * @param prompt the tokens
     * @return the features, [1, L, width], FLOAT32, which the caller closes
     * @throws EllaException if an id is not in the vocabulary, or memory runs out
     */
    default Tensor encode(TokenIds prompt) {
        return encode(new long[][] {prompt.ids()}, new long[][] {prompt.attentionMask()});
    }

    /** Frees the weights and closes their source. */
    @Override
    void close();
}
