package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.encoders.TokenIds;
import io.ella.encoders.TokenLength;
import io.ella.encoders.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SceneTokenizersTest {
    private static final int SCENES = 2000;

    @TempDir private Path folder;

    @Test
    void everyCaptionFitsAndHasKnownWordsOnly() {
        SceneTokenizers.writeT5(folder.resolve("t5"));
        SceneTokenizers.writeClip(folder.resolve("clip"));
        try (Tokenizer t5 = Tokenizer.open(folder.resolve("t5"));
                Tokenizer clip = Tokenizer.open(folder.resolve("clip"))) {
            for (int i = 0; i < SCENES; i++) {
                Scene scene = SceneSampler.training(5).scene(i);
                TokenIds dense =
                        t5.encode(DenseCaption.of(scene, i).text(), TokenLength.fixed(128));
                TokenIds alt = clip.encode(ShortCaption.of(scene, i).text(), TokenLength.clip());

                assertThat(dense.dropped()).isZero();
                assertThat(alt.dropped()).isZero();
                assertThat(dense.ids()).doesNotContain(SceneVocabulary.UNK);
                assertThat(alt.ids()).doesNotContain(SceneVocabulary.UNK);
            }
        }
    }

    @Test
    void formsDifferInSpecialTokensOnly() {
        String text = "on a Gray background, there is a red circle. <extra_id_3> zebra";
        long[] ids = Arrays.stream(SceneVocabulary.encode(text)).asLongStream().toArray();
        SceneTokenizers.writeClip(folder.resolve("clip"));
        SceneTokenizers.writeT5(folder.resolve("t5"));
        SceneTokenizers.writeLlama(folder.resolve("llama"));

        assertThat(ids).hasSize(13).endsWith(SceneVocabulary.sentinel(3), SceneVocabulary.UNK);
        assertThat(flexible("clip", text)).containsExactly(with(3, ids, 1));
        assertThat(flexible("t5", text)).containsExactly(with(-1, ids, 1));
        assertThat(flexible("llama", text)).containsExactly(with(3, ids, -1));
        assertThat(padded("clip")).containsExactly(3, 1, 1, 1);
        assertThat(padded("t5")).containsExactly(1, 0, 0, 0);
        assertThat(padded("llama")).containsExactly(3, 0, 0, 0);
    }

    @Test
    void specialTokensComeFirstAndSentinelsLast() {
        assertThat(SceneVocabulary.tokenList()).startsWith("<pad>", "</s>", "<unk>", "<s>");
        assertThat(SceneVocabulary.tokenList()).endsWith("<extra_id_30>", "<extra_id_31>");
        assertThat(SceneVocabulary.sentinel(31)).isEqualTo(SceneVocabulary.size() - 1);
        assertThat(new HashSet<>(SceneVocabulary.tokenList())).hasSize(SceneVocabulary.size());
        assertThatThrownBy(() -> SceneVocabulary.sentinel(32)).isInstanceOf(EllaException.class);
    }

    @Test
    void writesTheSameFilesEveryTimeAndNothingElse() throws Exception {
        SceneTokenizers.writeT5(folder);
        String first = Files.readString(folder.resolve("tokenizer.json"));
        SceneTokenizers.writeT5(folder);

        assertThat(folder.resolve("tokenizer.json")).hasContent(first);
        assertThat(folder).isDirectoryNotContaining(p -> p.toString().endsWith(".part"));
    }

    @Test
    void saysWhereItCannotWrite() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));

        assertThatThrownBy(() -> SceneTokenizers.writeClip(file))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("tokenizer.json");
    }

    private long[] flexible(String form, String text) {
        try (Tokenizer tokenizer = Tokenizer.open(folder.resolve(form))) {
            return tokenizer.encode(text, TokenLength.flexible()).ids();
        }
    }

    private long[] padded(String form) {
        try (Tokenizer tokenizer = Tokenizer.open(folder.resolve(form))) {
            return tokenizer.encode("", TokenLength.fixed(4)).ids();
        }
    }

    private static long[] with(int before, long[] ids, int after) {
        LongStream text = Arrays.stream(ids);
        LongStream begin = IntStream.of(before).asLongStream().filter(id -> id >= 0);
        LongStream end = IntStream.of(after).asLongStream().filter(id -> id >= 0);
        return LongStream.concat(begin, LongStream.concat(text, end)).toArray();
    }
}
