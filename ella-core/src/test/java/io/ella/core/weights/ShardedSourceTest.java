package io.ella.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedSourceTest extends NamedSourceContract {

    private static final String ONE = "model-00001-of-00002.safetensors";
    private static final String TWO = "model-00002-of-00002.safetensors";
    private static final String WHOLE =
            "{\"metadata\": {\"total_size\": 40.0}, \"weight_map\": {\"c\": \"%2$s\", \"a\":"
                    + " \"%1$s\", \"b\": \"%1$s\"}}";

    private final Path folder;

    ShardedSourceTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @BeforeEach
    void writeShards() {
        shard(ONE, Tensors.counting("a", 2, 1), Tensors.counting("b", 1, 2));
        shard(TWO, Tensors.counting("c", 2, 3));
    }

    private void shard(String name, StoredTensor... tensors) {
        Safetensors.write(folder.resolve(name), Map.of(), List.of(tensors));
    }

    private Path index(String text) {
        try {
            return Files.writeString(
                    folder.resolve("model.safetensors.index.json"), text.formatted(ONE, TWO));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    WeightSource source() {
        return Checkpoint.open(index(WHOLE));
    }

    @Override
    Map<ParameterSpec, float[]> expected() {
        return Map.of(
                ParameterSpec.of("a", 2, 1), new float[] {0, 1},
                ParameterSpec.of("b", 1, 2), new float[] {0, 1},
                ParameterSpec.of("c", 2, 3), new float[] {0, 1, 2, 3, 4, 5});
    }

    private void refuses(String indexText, String... parts) {
        Path index = index(indexText);
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(EllaException.class)
                .hasMessageStartingWith(index + ": ")
                .hasMessageContainingAll(parts);
    }

    @Test
    void opensFromTheFolder() {
        index(WHOLE);
        try (WeightSource source = Checkpoint.open(folder)) {
            assertThat(source.names()).containsExactly("c", "a", "b");
        }
    }

    @Test
    void namesTheShardsThatAreMissing() throws IOException {
        Files.delete(folder.resolve(TWO));
        refuses(WHOLE, "1 of 2 shards are missing: " + TWO);
    }

    @Test
    void refusesATensorThatIsNotWhereTheIndexSays() {
        refuses(
                "{\"weight_map\": {\"a\": \"%1$s\", \"b\": \"%2$s\", \"c\": \"%2$s\"}}",
                "says that \"b\" is in " + TWO + ", but it is not");
        refuses(
                "{\"weight_map\": {\"a\": \"%1$s\", \"b\": \"%1$s\", \"c\": \"%2$s\", \"d\":"
                        + " \"%2$s\"}}",
                "says that \"d\" is in " + TWO);
    }

    @Test
    void refusesATensorInTwoShards() {
        shard(TWO, Tensors.counting("c", 2, 3), Tensors.counting("a", 2, 1));
        refuses(WHOLE, "\"a\" is in two shards");
        refuses(
                "{\"weight_map\": {\"a\": \"%1$s\", \"a\": \"%2$s\", \"b\": \"%1$s\", \"c\":"
                        + " \"%2$s\"}}",
                "key \"a\" appears twice");
    }

    @Test
    void refusesATensorThatTheIndexDoesNotList() {
        refuses(
                "{\"weight_map\": {\"a\": \"%1$s\", \"c\": \"%2$s\"}}",
                "does not list \"b\", which " + ONE + " holds");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../a.safetensors",
                "sub/a.safetensors",
                "/etc/passwd",
                "c:a.safetensors",
                "",
                " ",
                "..",
                "a\\u0000.safetensors",
                "..\\\\a.safetensors"
            })
    void refusesShardsOutsideTheFolder(String name) {
        refuses("{\"weight_map\": {\"a\": \"" + name + "\"}}", "is not a plain file name");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]                            | expected an object",
                "{                             | malformed JSON",
                "{}                            | has no weight_map",
                "{\"weight_map\": {}}          | has no weight_map",
                "{\"weight_map\": []}          | weight_map is BEGIN_ARRAY, expected an object",
                "{\"weight_map\": {\"a\": 1}}  | \"a\" of weight_map is NUMBER, expected a string",
                "{\"metadata\": 1}             | metadata is NUMBER, expected an object",
                "{\"weight_map\": {}, \"weight_map\": {}} | key \"weight_map\" appears twice",
            })
    void refusesMalformedIndices(String text, String problem) {
        refuses(text, problem);
    }

    @Test
    void refusesPicklesAsShards() {
        Tensors.write(folder.resolve("pytorch_model-00001.bin"), new byte[] {1});
        index("{\"weight_map\": {\"a\": \"pytorch_model-00001.bin\"}}");
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("is a Python pickle");
    }
}
