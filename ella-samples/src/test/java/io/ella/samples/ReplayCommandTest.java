package io.ella.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayCommandTest {
    @TempDir Path folder;

    @Test
    void drawsTheSameImageOfTheEmbeddedModel() {
        Path out = generate("--seed", "42", "--scheduler", "euler-a", "--token-length", "flexible");
        Run run = replay(out);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).isEqualToIgnoringNewLines(again().toString());
        assertThat(Image.read(again())).isEqualTo(Image.read(out));
        assertThat(Png.texts(again()).get(Png.PARAMETERS))
                .isEqualTo(Png.texts(out).get(Png.PARAMETERS));
    }

    @Test
    void drawsTheSameImageOfAModelWithLora() {
        String lora = TestModels.get("tiny-sdxl-lora.safetensors") + ":0.8";
        Path out =
                generate(
                        "--model",
                        TestModels.get("tiny-sdxl").toString(),
                        "--lora",
                        lora,
                        "--negative-prompt",
                        "");
        Run run = replay(out, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Image.read(again())).isEqualTo(Image.read(out));
        JsonObject json = run.json();
        assertThat(json.keySet()).contains("files", "seeds", "seconds", "settings", "pipeline");
        assertThat(json.getAsJsonObject("settings").get("negative_prompt").getAsString()).isEmpty();
    }

    @Test
    void changedModelsAreNotReplayed() throws IOException {
        Path model = TestModels.copy("tiny-sd15", folder);
        Path out = generate("--model", model.toString());
        TestModels.damage(model.resolve("vae/diffusion_pytorch_model.safetensors"));
        Path shard = model.resolve("unet/diffusion_pytorch_model-00001-of-00016.safetensors");
        Files.move(shard, folder.resolve("elsewhere.safetensors"));
        Run run = replay(out);
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains("vae/diffusion_pytorch_model.safetensors has changed")
                .contains(shard + " is missing")
                .doesNotContain("text_encoder/");
        assertThat(again()).doesNotExist();
    }

    @Test
    void imagesOfOthersAreNotReplayed() {
        Path image = folder.resolve("other.png");
        Png.write(image, Image.fromRgb(new byte[3 * 64], 8, 8), Map.of());
        Run run = replay(image);
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("does not say how it was made");
        Png.write(image, Image.fromRgb(new byte[3 * 64], 8, 8), Map.of(Png.PROVENANCE, "{}"));
        assertThat(replay(image).err()).contains("settings");
        assertThat(replay(folder.resolve("absent.png")).code()).isEqualTo(1);
        assertThat(Run.ella("replay", " ", "-o", again().toString()).code()).isEqualTo(2);
    }

    private Path again() {
        return folder.resolve("again.png");
    }

    private Run replay(Path image, String... more) {
        Stream<String> usual = Stream.of("replay", image.toString(), "-o", again().toString());
        return Run.ella(Stream.concat(usual, Stream.of(more)).toArray(String[]::new));
    }

    private Path generate(String... more) {
        Path out = folder.resolve("out.png");
        Stream<String> usual =
                Stream.of("generate", "a red book", "-o", out.toString(), "--steps", "2");
        Run run = Run.ella(Stream.concat(usual, Stream.of(more)).toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isZero();
        return out;
    }
}
