package io.ella.train.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.image.Png;
import io.ella.core.torch.AdamW;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.core.weights.DType;
import io.ella.core.weights.Safetensors;
import io.ella.pipeline.ElllaPipeline;
import io.ella.pipeline.GenerationRequest;
import io.ella.train.LearningRate;
import io.ella.train.TrainingPlan;
import io.ella.train.TrainingProgress;
import io.ella.train.scenes.DenseCaption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneRenderer;
import io.ella.train.scenes.SceneSampler;
import io.ella.tsc.Connector;
import io.ella.tsc.TscConfig;
import io.ella.unet.UNetConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the small checkpoints among the test resources of the pipeline's module. */
class ConnectorTrainingTest {
    private static final Path MODELS = Path.of("../ella-unet-bridge/src/test/resources/models");
    private static final Path SD15 = MODELS.resolve("tiny-sd15");
    private static final Path T5 = MODELS.resolve("tiny-t5");
    private static final int IMAGES = 6;
    private static Torch torch;

    @TempDir private Path folder;
    private final List<TrainingProgress> reports = new ArrayList<>();

    @BeforeAll
    static void open() {
        torch = Torch.open(Device.CPU);
    }

    @AfterAll
    static void close() {
        assertThat(torch.liveTensors()).isZero();
        torch.close();
    }

    @BeforeEach
    void draw() throws IOException {
        SceneRenderer renderer = new SceneRenderer();
        Files.createDirectories(folder.resolve("data"));
        for (int i = 0; i < IMAGES; i++) {
            Scene scene = SceneSampler.training(3).scene(i);
            Png.write(folder.resolve("data/" + i + ".png"), renderer.image(scene), Map.of());
            Files.writeString(
                    folder.resolve("data/" + i + ".txt"), DenseCaption.of(scene, i).text());
        }
    }

    private static ConnectorSettings settings(Connector connector, int heads, int steps) {
        return ConnectorSettings.PAPER
                .connector(connector, 2, 8, heads)
                .data(64, 128, 0.1, 2)
                .plan(
                        new TrainingPlan(
                                steps,
                                1,
                                LearningRate.constant(3e-3, 0),
                                AdamW.defaults(),
                                0,
                                Precision.FP32,
                                10));
    }

    private ConnectorTraining training(ConnectorSettings settings, String name) {
        return new ConnectorTraining(
                torch, SD15, T5, settings, folder.resolve(name), folder.resolve("cache"));
    }

    @Test
    void whatIsTrainedIsOpenedByPipelinesAndHasThePublishedNames() throws IOException {
        ConnectorTraining training = training(settings(Connector.ADALN, 4, 3), "run");
        List<CaptionedImage> images = CaptionedImages.open(folder.resolve("data"));
        assertThat(training.run(images, () -> false, reports::add)).isTrue();
        assertThat(reports).extracting(TrainingProgress::phase).contains("images", "captions");
        Path file = folder.resolve("ella.safetensors");
        training.write(file);

        Path published = MODELS.resolve("ella-tiny.safetensors");
        try (Safetensors stored = Safetensors.open(file);
                Safetensors known = Safetensors.open(published)) {
            assertThat(new TreeSet<>(stored.names())).isEqualTo(new TreeSet<>(known.names()));
            assertThat(stored.names())
                    .allSatisfy(n -> assertThat(stored.tensor(n).dtype()).isEqualTo(DType.F16));
        }
        assertThat(TscConfig.of(file)).isEqualTo(training.config());
        assertThat(folder.resolve("ella.json")).exists();
        try (ElllaPipeline pipeline =
                ElllaPipeline.builder().model(SD15).ella(file).textEncoder(T5).build()) {
            GenerationRequest request =
                    GenerationRequest.of("a red circle").size(64, 64).steps(2).seed(1).build();
            assertThat(pipeline.generate(request).image().width()).isEqualTo(64);
        }
        // The second time nothing is encoded, and nothing is left to train.
        reports.clear();
        Map<Path, Object> before = times();
        assertThat(training.run(images, () -> false, reports::add)).isTrue();
        assertThat(reports).extracting(TrainingProgress::phase).containsOnly("images");
        assertThat(times()).isEqualTo(before);
    }

    private Map<Path, Object> times() throws IOException {
        try (var files = Files.walk(folder.resolve("cache"))) {
            return files.filter(Files::isRegularFile)
                    .collect(Collectors.toMap(f -> f, f -> f.toFile().lastModified()));
        }
    }

    @Test
    void aConnectorForSdxlIsTrainedWithItsPooledText() {
        Path sdxl = MODELS.resolve("tiny-sdxl");
        ConnectorTraining training =
                new ConnectorTraining(
                        torch,
                        sdxl,
                        T5,
                        settings(Connector.ADALN, 4, 3),
                        folder.resolve("xl"),
                        folder.resolve("cache"));
        List<CaptionedImage> images = CaptionedImages.open(folder.resolve("data"));
        assertThat(training.run(images, () -> false, reports::add)).isTrue();
        assertThat(reports).extracting(TrainingProgress::phase).contains("pooled captions");
        Path file = folder.resolve("xl.safetensors");
        training.write(file);
        try (ElllaPipeline pipeline =
                ElllaPipeline.builder().model(sdxl).ella(file).textEncoder(T5).build()) {
            GenerationRequest request =
                    GenerationRequest.of("a red circle").size(64, 64).steps(2).seed(1).build();
            assertThat(pipeline.generate(request).image().width()).isEqualTo(64);
        }
    }

    @Test
    void thePublishedConnectorHasNinetyThreeTensors() {
        List<ParameterSpec> parameters =
                ConnectorSettings.PAPER.config(sd15(), 2048).graph().parameters();
        assertThat(parameters).hasSize(93);
        assertThat(ConnectorSettings.PAPER.config(sd15(), 2048)).isEqualTo(TscConfig.SD15_T5XL);
    }

    private static UNetConfig sd15() {
        return UNetConfig.from(Config.parse("{\"cross_attention_dim\": 768}", "unet"));
    }

    @Test
    void interruptedAndGoneOnWithTheWeightsAreTheSame() throws IOException {
        ConnectorSettings settings = settings(Connector.ADALN_ZERO, 4, 6);
        List<CaptionedImage> images = CaptionedImages.open(folder.resolve("data"));
        training(settings, "whole").run(images, () -> false, reports::add);
        int[] asked = {0};
        // Asked once for each image and each batch of captions, then after every step.
        boolean done =
                training(settings, "parts")
                        .run(images, () -> asked[0]++ >= IMAGES + 3, reports::add);
        assertThat(done).isFalse();
        assertThat(training(settings, "parts").run(images, () -> false, reports::add)).isTrue();
        assertThat(folder.resolve("parts/state.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("whole/state.safetensors"));
    }

    @Test
    void everyConnectorLearns() {
        List<CaptionedImage> images = CaptionedImages.open(folder.resolve("data"));
        for (Connector connector : List.of(Connector.MLP, Connector.RESAMPLER)) {
            ConnectorTraining training = training(settings(connector, 8, 2), connector + "");
            assertThat(training.run(images, () -> false, reports::add)).isTrue();
            Path file = folder.resolve(connector + ".safetensors");
            training.write(file);
            assertThat(TscConfig.of(file)).isEqualTo(training.config());
            assertThat(folder.resolve(connector + ".json")).doesNotExist();
        }
    }

    @Test
    void anotherTrainingDoesNotGoOnHere() {
        List<CaptionedImage> images = CaptionedImages.open(folder.resolve("data"));
        training(settings(Connector.MLP, 8, 1), "run").run(images, () -> false, reports::add);
        ConnectorSettings other = settings(Connector.MLP, 8, 2).data(64, 128, 0.2, 2);
        assertThatThrownBy(() -> training(other, "run").run(images, () -> false, reports::add))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("dropout is 0.1, this one's is 0.2");
        assertThatThrownBy(
                        () ->
                                training(settings(Connector.MLP, 8, 2), "run")
                                        .run(images.subList(0, 3), () -> false, reports::add))
                .hasMessageContaining("data");
        assertThat(
                        training(settings(Connector.MLP, 8, 2), "run")
                                .run(images, () -> false, reports::add))
                .isTrue();
    }

    @Test
    void whatDoesNotFitIsRefusedAtOnce() {
        assertThatThrownBy(() -> training(settings(Connector.ADALN, 5, 1), "run"))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("cannot have 5 heads");
        assertThatThrownBy(() -> ConnectorSettings.PAPER.data(60, 128, 0.1, 2))
                .hasMessageContaining("multiple of 8");
        assertThatThrownBy(() -> ConnectorSettings.PAPER.data(64, 128, 2, 2))
                .hasMessageContaining("0 to 1");
    }
}
