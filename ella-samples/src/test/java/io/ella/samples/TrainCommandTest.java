package io.ella.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import io.ella.train.scenes.DenseCaption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneRenderer;
import io.ella.train.scenes.SceneSampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
    @TempDir private Path folder;

    @BeforeEach
    void draw() throws IOException {
        SceneRenderer renderer = new SceneRenderer();
        Path data = Files.createDirectories(folder.resolve("data"));
        for (int i = 0; i < 3; i++) {
            Scene scene = SceneSampler.training(3).scene(i);
            Png.write(data.resolve(i + ".png"), renderer.image(scene), Map.of());
            Files.writeString(data.resolve(i + ".txt"), DenseCaption.of(scene, i).text());
        }
    }

    private Run tsc(String... more) {
        String[] usual = {
            "train",
            "tsc",
            "--model",
            TestModels.get("tiny-sd15").toString(),
            "--text-encoder",
            TestModels.get("tiny-t5").toString(),
            "--data",
            folder.resolve("data").toString(),
            "--out",
            folder.resolve("ella.safetensors").toString(),
            "--size",
            "64",
            "--layers",
            "1",
            "--queries",
            "4",
            "--batch",
            "2"
        };
        return Run.ella(Stream.concat(Stream.of(usual), Stream.of(more)).toArray(String[]::new));
    }

    @Test
    void aConnectorIsTrainedGoneOnWithAndUsed() {
        Run run = tsc("--steps", "10", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonObject json = run.json();
        assertThat(json.get("step").getAsInt()).isEqualTo(10);
        assertThat(json.get("images").getAsInt()).isEqualTo(3);
        assertThat(folder.resolve("ella-training/loss.png")).exists();
        assertThat(folder.resolve("ella-training/cache")).isDirectory();

        Run more = tsc("--steps", "11", "-q");
        assertThat(more.code()).as(more.err()).isZero();
        assertThat(more.out()).isEmpty();
        assertThat(more.err()).isEmpty();

        Path image = folder.resolve("out.png");
        Run drawn =
                Run.ella(
                        "generate",
                        "a red circle",
                        "--model",
                        TestModels.get("tiny-sd15").toString(),
                        "--ella",
                        folder.resolve("ella.safetensors").toString(),
                        "--text-encoder",
                        TestModels.get("tiny-t5").toString(),
                        "--steps",
                        "2",
                        "--width",
                        "64",
                        "--height",
                        "64",
                        "-o",
                        image.toString());
        assertThat(drawn.code()).as(drawn.err()).isZero();
        assertThat(Image.read(image).width()).isEqualTo(64);
    }

    @Test
    void wrongUseIsToldBeforeAnythingIsLoaded() {
        assertThat(tsc("--connector", "linear").code()).isEqualTo(2);
        assertThat(tsc("--dropout", "2").code()).isEqualTo(2);
        assertThat(tsc("--precision", "fp16").code()).isEqualTo(2);
        assertThat(tsc("--steps", "0").code()).isEqualTo(2);
        assertThat(Run.ella("train", "tsc").code()).isEqualTo(2);
        assertThat(Run.ella("train", "scenes", "--stage", "unet").code()).isEqualTo(2);
        assertThat(Run.ella("train", "scenes", "--samples-every", "-1").code()).isEqualTo(2);
        assertThat(tsc("--out", folder.resolve("absent/ella.safetensors").toString()).code())
                .isEqualTo(2); // given twice
    }

    @Test
    void stagesNeedThoseBeforeThem() {
        Path out = folder.resolve("scenes");
        Run base = Run.ella("train", "scenes", "--out", out.toString(), "--stage", "base");
        assertThat(base.code()).isEqualTo(1);
        assertThat(base.err()).contains("Train the stage");
        Run none =
                Run.ella(
                        "train",
                        "scenes",
                        "--out",
                        out.toString(),
                        "--assemble",
                        folder.resolve("model").toString());
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.err()).startsWith("ella: ");
    }
}
