package io.ella.encoders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ella.core.EllaException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against the ids that transformers 5.23 gave for the same files ({@code
 * tokenizers/expected.json}).
 */
class TokenizerTest {
    private static final int START = 1012;
    private static final int END = 1013;

    private final Path folder;

    TokenizerTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @ParameterizedTest
    @ValueSource(strings = {"clip", "clip2", "t5", "llama"})
    void flexibleIdsAreTransformers(String name) throws Exception {
        try (Tokenizer tokenizer = open(name)) {
            for (JsonElement prompt : expected()) {
                TokenIds tokens = tokenizer.encode(text(prompt), TokenLength.flexible());

                assertThat(tokens.ids()).as(text(prompt)).containsExactly(ids(prompt, name));
                assertThat(tokens.count()).isEqualTo(tokens.length());
                assertThat(tokens.dropped()).isZero();
                assertThat(tokens.attentionMask()).containsOnly(1);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"clip, clip77, 77", "clip2, clip2_77, 77", "t5, t5_16, 16", "llama, llama_16, 16"})
    void fixedIdsAreTransformers(String name, String key, int length) throws Exception {
        try (Tokenizer tokenizer = open(name)) {
            for (JsonElement prompt : expected()) {
                int whole = ids(prompt, name).length;

                TokenIds tokens = tokenizer.encode(text(prompt), TokenLength.fixed(length));

                assertThat(tokens.ids()).as(text(prompt)).containsExactly(ids(prompt, key));
                assertThat(tokens.count()).isEqualTo(Math.min(whole, length));
                assertThat(tokens.dropped()).isEqualTo(Math.max(0, whole - length));
                assertThat(Arrays.stream(tokens.attentionMask()).sum()).isEqualTo(tokens.count());
                assertThat(tokens.attentionMask()[tokens.count() - 1]).isOne();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"clip, 1013", "clip2, 0", "t5, 0", "llama, 2"})
    void padsWithTheTokenThatTheFilesName(String name, long padId) throws Exception {
        try (Tokenizer tokenizer = open(name)) {
            assertThat(tokenizer.padId()).isEqualTo(padId);
        }
    }

    @Test
    void padsWithTheTokenThatTheCallerNames() {
        try (Tokenizer tokenizer = Tokenizer.open(fixture("llama"), "<unk>")) {
            assertThat(tokenizer.encode("", TokenLength.fixed(3)).ids()).containsExactly(1, 0, 0);
        }
        assertThatThrownBy(() -> Tokenizer.open(fixture("llama"), "<nope>"))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("<nope>");
    }

    @Test
    void opensTheFileItselfAndATokenizerJsonAlone() throws Exception {
        Path alone =
                Files.copy(fixture("t5").resolve("tokenizer.json"), folder.resolve("other.json"));

        try (Tokenizer tokenizer = Tokenizer.open(alone)) {
            assertThat(tokenizer.padId()).isZero();
            assertThat(tokenizer.encode(" ", TokenLength.flexible()).ids()).endsWith(1);
        }
    }

    @Test
    void aTokenizerJsonIsUsedBeforeVocabAndMerges() throws Exception {
        copy("clip");
        Files.copy(fixture("t5").resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        Files.delete(folder.resolve("tokenizer_config.json"));
        Files.delete(folder.resolve("special_tokens_map.json"));

        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            assertThat(tokenizer.encode("", TokenLength.flexible()).ids()).containsExactly(1);
        }
    }

    @Test
    void clipNeedsNoConfiguration() throws Exception {
        copy("clip");
        Files.delete(folder.resolve("tokenizer_config.json"));
        Files.delete(folder.resolve("special_tokens_map.json"));

        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            assertThat(tokenizer.encode("", TokenLength.fixed(3)).ids())
                    .containsExactly(START, END, END);
        }
    }

    @Test
    void wordsOfTextualInversionAreTokens() throws Exception {
        copy("clip");
        Files.writeString(
                folder.resolve("added_tokens.json"), "{\"<style>\": 1014, \"<b b>\": 1015}");

        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            assertThat(
                            tokenizer
                                    .encode("<style> <STYLE> cat<style>dog", TokenLength.flexible())
                                    .ids())
                    .containsExactly(START, 1014, 1014, 551, 339, 1014, 700, 326, END);
        }
    }

    @Test
    void theNewerFileDecidesWhenItDeclaresEveryToken() throws Exception {
        copy("clip");
        Files.copy(
                fixture("clip-2").resolve("special_tokens_map.json"),
                folder.resolve("special_tokens_map.json"),
                StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                """
                {
                  "added_tokens_decoder": {
                    "0": {"content": "!", "normalized": false, "special": true},
                    "1012": {"content": "<|startoftext|>", "normalized": true, "special": true},
                    "1013": {"content": "<|endoftext|>", "normalized": false, "special": true},
                    "1014": {"content": "<style>", "normalized": true, "special": false}
                  },
                  "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
                  "pad_token": "!", "unk_token": "<|endoftext|>"
                }
                """);

        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            assertThat(
                            tokenizer
                                    .encode(
                                            "hello! <style> <STYLE> cat<style>dog",
                                            TokenLength.flexible())
                                    .ids())
                    .containsExactly(
                            START, 71, 607, 75, 334, 0, 1014, 1014, 551, 339, 1014, 700, 326, END);
            assertThat(tokenizer.encode("b <|EndOfText|>", TokenLength.flexible()).ids())
                    .containsExactly(START, 321, 27, 347, 525, 700, 69, 719, 339, 91, 285, END);
        }
    }

    @Test
    void halfASurrogatePairIsReplaced() {
        try (Tokenizer tokenizer = Tokenizer.open(fixture("clip"))) {
            assertThat(tokenizer.encode("a \ud83d b", TokenLength.flexible()))
                    .isEqualTo(tokenizer.encode("a \ufffd b", TokenLength.flexible()));
        }
    }

    @Test
    void refusesLengthsThatAreTooSmall() {
        assertThatThrownBy(() -> TokenLength.fixed(0)).isInstanceOf(EllaException.class);
        try (Tokenizer tokenizer = Tokenizer.open(fixture("clip"))) {
            assertThat(tokenizer.encode("a b c", TokenLength.fixed(2)).ids())
                    .containsExactly(START, END);
            assertThatThrownBy(() -> tokenizer.encode("a b c", TokenLength.fixed(1)))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("2 special tokens");
        }
    }

    @Test
    void manyThreadsShareOne() throws Exception {
        JsonArray expected = expected();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Tokenizer tokenizer = Tokenizer.open(fixture("clip"))) {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                runs.add(
                        threads.submit(
                                () -> {
                                    for (JsonElement prompt : expected) {
                                        assertThat(
                                                        tokenizer
                                                                .encode(
                                                                        text(prompt),
                                                                        TokenLength.flexible())
                                                                .ids())
                                                .containsExactly(ids(prompt, "clip"));
                                    }
                                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void closedIsClosed() {
        Tokenizer tokenizer = Tokenizer.open(fixture("clip"));
        tokenizer.close();
        tokenizer.close();

        assertThatThrownBy(() -> tokenizer.encode("a", TokenLength.clip()))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        assertRefused("holds no tokenizer");
        Files.writeString(folder.resolve("spiece.model"), "x");
        assertRefused("spiece.model", "tokenizer.json", "save_pretrained");
        Files.delete(folder.resolve("spiece.model"));
        copy("clip");
        Files.delete(folder.resolve("merges.txt"));
        assertRefused("vocab.json but not merges.txt");
        assertThatThrownBy(() -> Tokenizer.open(folder.resolve("nowhere")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("does not exist");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hello",
                "[]",
                "{",
                "{\"model\": 1}",
                "{\"model\": {\"type\": \"BPE\"}}",
                "\u0000\u0001",
                "{\"model\": {}, \"added_tokens\": [{\"id\": -1, \"content\": \"<pad>\"}]}",
                "{\"model\": {}, \"added_tokens\": [{\"id\": 3}]}"
            })
    void refusesAMalformedTokenizerJson(String text) throws Exception {
        Files.writeString(folder.resolve("tokenizer.json"), text);

        assertRefused("tokenizer.json");
    }

    @Test
    void refusesATokenizerJsonThatIsNotText() throws Exception {
        Files.write(folder.resolve("tokenizer.json"), new byte[] {'{', (byte) 0xff, (byte) 0xfe});

        assertRefused("tokenizer.json", "UTF-8");
    }

    @Test
    void refusesATokenizerJsonThatIsCutShort() throws Exception {
        String whole = Files.readString(fixture("t5").resolve("tokenizer.json"));
        Files.writeString(folder.resolve("tokenizer.json"), whole.substring(0, whole.length() / 2));

        assertRefused("tokenizer.json", "not valid JSON");
    }

    @Test
    void refusesMalformedClipFiles() throws Exception {
        copy("clip");
        Path merges = folder.resolve("merges.txt");
        String good = Files.readString(merges);

        Files.writeString(merges, good + "t h e\n");
        assertRefused("merges.txt", "t h e");
        Files.writeString(merges, good.replaceFirst("t h\n", "qq zz\n"));
        assertRefused("merges.txt", "line 2", "qq zz");
        Files.writeString(merges, good);
        Files.writeString(folder.resolve("vocab.json"), "{\"a\": 0, \"b\": \"x\"}");
        assertRefused("vocab.json", "\"b\"");
        Files.writeString(folder.resolve("vocab.json"), "{\"a\": 0}");
        assertRefused("vocab.json", "<|endoftext|>", "not CLIP's vocabulary");
    }

    @Test
    void refusesVocabAndMergesOfAnotherModel() throws Exception {
        copy("clip");
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"tokenizer_class\": \"GPT2Tokenizer\"}");

        assertRefused("GPT2Tokenizer");
    }

    private void assertRefused(String... messages) {
        assertThatThrownBy(() -> Tokenizer.open(folder))
                .isInstanceOf(EllaException.class)
                .hasMessageContainingAll(messages);
    }

    /**
     * The tokenizer of a column of expected.json; clip2 is clip that pads with "!", as SDXL's
     * second.
     */
    private Tokenizer open(String name) throws IOException {
        if (!name.equals("clip2")) {
            return Tokenizer.open(fixture(name));
        }
        for (String file : List.of("vocab.json", "merges.txt")) {
            Files.copy(fixture("clip").resolve(file), folder.resolve(file));
        }
        Path map = Path.of("special_tokens_map.json");
        Files.copy(fixture("clip-2").resolve(map), folder.resolve(map));
        return Tokenizer.open(folder);
    }

    private void copy(String name) throws IOException {
        try (var files = Files.list(fixture(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
    }

    private static Path fixture(String name) {
        URL url =
                Objects.requireNonNull(
                        TokenizerTest.class.getResource("/tokenizers/" + name), name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonArray expected() throws IOException {
        return JsonParser.parseString(Files.readString(fixture("expected.json"))).getAsJsonArray();
    }

    private static String text(JsonElement prompt) {
        return prompt.getAsJsonObject().get("text").getAsString();
    }

    private static long[] ids(JsonElement prompt, String key) {
        JsonObject object = prompt.getAsJsonObject();
        return StreamSupport.stream(object.getAsJsonArray(key).spliterator(), false)
                .mapToLong(JsonElement::getAsLong)
                .toArray();
    }
}
