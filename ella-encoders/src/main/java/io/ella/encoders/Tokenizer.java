package io.ella.encoders;

import io.ella.core.EllaException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Text to token ids, equal to those of transformers' tokenizer for the same files. Thread-safe;
 * holds native memory until closed.
 *
 * <p>Special tokens are always added: T5's {@code </s>}, Llama's {@code <s>}, CLIP's {@code
 * <|startoftext|>} and {@code <|endoftext|>}. Such a token written out in the text counts as that
 * token, as in transformers.
 */
public interface Tokenizer extends AutoCloseable {
    /**
     * Opens the tokenizer of a model, with the padding token its files name.
     *
     * @param folder with {@code tokenizer.json} (T5, Llama, CLIP), or {@code vocab.json} and {@code
     *     merges.txt} (CLIP); beside them {@code tokenizer_config.json} and {@code
     *     special_tokens_map.json} if it has them. Or the path of a {@code tokenizer.json} itself
     * @return the tokenizer, to be closed
     * @throws EllaException if a file is missing or malformed, or if there is only a SentencePiece
     *     model
     */
    static Tokenizer open(Path folder) {
        return open(folder, null);
    }

    /**
     * Opens the tokenizer of a model.
     *
     * @param folder see {@link #open(Path)}
     * @param padToken the padding token by its text, such as {@code <unk>}; null for the one named
     *     by the files, and where they name none (Llama), the first that exists of {@code <pad>},
     *     the end-of-sequence token, the unknown token
     * @return the tokenizer, to be closed
     * @throws EllaException also if the vocabulary lacks the padding token
     */
    static Tokenizer open(Path folder, @Nullable String padToken) {
        return new NativeTokenizer(TokenizerFiles.read(folder, padToken));
    }

    /**
     * Encodes one text. A text that does not fit loses tokens of its end, never the special tokens,
     * and a warning is logged.
     *
     * @param text any; blank is fine and gives the special tokens alone
     * @param length whether to pad and truncate
     * @return the ids
     * @throws EllaException if not even the special tokens fit, or if this tokenizer is closed
     */
    TokenIds encode(String text, TokenLength length);

    /**
     * The id that padding is made of.
     *
     * @return an id of the vocabulary
     */
    long padId();

    /** Frees the native memory, after the calls in progress. Closing twice is fine. */
    @Override
    void close();
}
