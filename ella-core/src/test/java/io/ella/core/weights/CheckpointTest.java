package io.ella.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

    private final Path folder;

    CheckpointTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private Path store(String file, String tensor) {
        Path path = folder.resolve(file);
        Safetensors.write(path, Map.of(), List.of(Tensors.counting(tensor, 1, 2)));
        return path;
    }

    private void touch(String file) {
        Tensors.write(folder.resolve(file), new byte[] {1});
    }

    private void opens(String tensor) {
        try (WeightSource source = Checkpoint.open(folder)) {
            assertThat(source.names()).containsExactly(tensor);
        }
    }

    private void refuses(String... parts) {
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(EllaException.class)
                .hasMessageStartingWith(folder.toString())
                .hasMessageContainingAll(parts);
    }

    @Test
    void opensAFile() {
        try (WeightSource source = Checkpoint.open(store("any name.safetensors", "x"))) {
            assertThat(source).isInstanceOf(Safetensors.class);
            assertThat(source.tensor("x").floatArray()).containsExactly(0, 1);
        }
    }

    /** Each new file is preferred to those before it. */
    @Test
    void prefersTheUsualNames() throws IOException {
        touch("pytorch_model.bin");
        store("lora.safetensors", "only");
        opens("only");
        store("model.fp16.safetensors", "fp16");
        opens("fp16");
        store("diffusion_pytorch_model.fp16.safetensors", "diffusion fp16");
        opens("diffusion fp16");
        store("model.safetensors", "model");
        opens("model");
        store("diffusion_pytorch_model.safetensors", "diffusion");
        opens("diffusion");
        store("shard-1.safetensors", "sharded");
        Files.writeString(
                folder.resolve("diffusion_pytorch_model.safetensors.index.json"),
                "{\"weight_map\": {\"sharded\": \"shard-1.safetensors\"}}");
        opens("sharded");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model.safetensors.index.json",
                "diffusion_pytorch_model.safetensors.index.fp16.json",
                "model.fp16.safetensors.index.json",
                "other.safetensors.index.json"
            })
    void opensAnIndexOfAnyVariant(String name) throws IOException {
        store("shard-1.safetensors", "x");
        store("stray.safetensors", "y");
        Files.writeString(
                folder.resolve(name), "{\"weight_map\": {\"x\": \"shard-1.safetensors\"}}");
        opens("x");
    }

    @Test
    void refusesToChoose() {
        store("a.safetensors", "x");
        store("b.safetensors", "x");
        refuses("holds several checkpoints: a.safetensors, b.safetensors");
    }

    @Test
    void refusesFoldersWithoutWeights() {
        refuses("holds no .safetensors file", "Fetch the weights");
        touch("model_index.json");
        refuses("give the folder of a component");
        touch(".model.safetensors");
        refuses("holds no .safetensors file");
        touch("pytorch_model.bin");
        refuses("pytorch_model.bin is a Python pickle", "can execute code");
    }

    @Test
    void refusesBlankAndMissingPaths() {
        assertThatThrownBy(() -> Checkpoint.open(Path.of("")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("blank");
        assertThatThrownBy(() -> Checkpoint.open(Path.of("  ")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("blank");
        assertThatThrownBy(() -> Checkpoint.open(folder.resolve("absent")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("no such file or folder");
        byte[] nothing = "".getBytes(StandardCharsets.UTF_8);
        Path pickle = Tensors.write(folder.resolve("v1-5.ckpt"), nothing);
        assertThatThrownBy(() -> Checkpoint.open(pickle))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("is a Python pickle");
    }
}
