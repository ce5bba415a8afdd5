package io.ella.samples.attention;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.encoders.TokenLength;
import io.ella.encoders.Tokenizer;
import io.ella.pipeline.EmbeddedModel;
import java.util.List;
import org.junit.jupiter.api.Test;

class WordsTest {
    private static final String PROMPT = "on a gray background, there is a light-blue star.";

    /** CLIP's has special tokens on both sides, T5's one at the end. */
    @Test
    void wordsShareAllTokensButTheSpecialOnes() {
        try (EmbeddedModel model = EmbeddedModel.unpack();
                Tokenizer clip = Tokenizer.open(model.folder().resolve("tokenizer"));
                Tokenizer t5 = Tokenizer.open(model.folder().resolve("ella_text_encoder"))) {
            verify(clip, 1);
            verify(t5, 0);
        }
    }

    private static void verify(Tokenizer tokenizer, int before) {
        int count = tokenizer.encode(PROMPT, TokenLength.flexible()).length();
        List<Words.Word> words = Words.of(tokenizer, PROMPT, count);
        assertThat(words)
                .extracting(Words.Word::text)
                .containsExactly(
                        "on",
                        "a",
                        "gray",
                        "background",
                        ",",
                        "there",
                        "is",
                        "a",
                        "light",
                        "-",
                        "blue",
                        "star",
                        ".");
        int from = before;
        for (Words.Word word : words) {
            assertThat(word.from()).isEqualTo(from);
            assertThat(word.to()).isGreaterThan(from);
            from = word.to();
        }
        assertThat(from).isEqualTo(count - 1);

        List<Words.Word> cut = Words.of(tokenizer, PROMPT, 7);
        assertThat(cut.get(cut.size() - 1).to()).isEqualTo(6);
        assertThat(Words.of(tokenizer, " ", 2)).isEmpty();
    }
}
