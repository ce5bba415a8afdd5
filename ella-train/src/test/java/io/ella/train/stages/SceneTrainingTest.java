package io.ella.train.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.graph.Graph;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import io.ella.train.FreshWeights;
import io.ella.train.Objectives;
import io.ella.train.scenes.SceneSampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the weights that a training begins with in place of trained ones. */
class SceneTrainingTest {
    private static final SceneSampler SCENES = SceneSampler.training(1);
    private static final FreshWeights FRESH = new FreshWeights(1, List.of());

    @TempDir private Path folder;

    private void pretend(Stage stage, Graph graph) throws IOException {
        Path state = Files.createDirectories(folder.resolve(stage.toString()));
        List<StoredTensor> tensors = graph.parameters().stream().map(FRESH::tensor).toList();
        Safetensors.write(state.resolve("weights.safetensors"), Map.of(), tensors);
    }

    @Test
    void whatIsTrainedIsAssembledAndDraws() throws IOException {
        pretend(Stage.VAE, Objectives.autoencoder(SceneModels.vae(), 0, 0));
        pretend(Stage.T5, LanguageTask.t5(SCENES, 1).graph());
        pretend(Stage.BASE, Objectives.denoising(SceneModels.unet(), SceneModels.clip()));
        pretend(
                Stage.TSC,
                Objectives.connector(SceneModels.unet(), Variant.ADALN.config(), SceneModels.t5()));
        Safetensors.write(
                folder.resolve("latents.safetensors"),
                Map.of("scaling_factor", "0.7"),
                List.of(StoredTensor.of("latents", new float[4 * 256], 1, 4, 16, 16)));
        try (Torch torch = Torch.open(Device.CPU)) {
            Path model = folder.resolve("model");
            new SceneTraining(torch, folder, Precision.FP32).assemble(model);
            assertThat(Files.readString(model.resolve("vae/config.json"))).contains("0.7");
            assertThat(torch.liveTensors()).isZero();

            clipReadsForAConnector(torch);

            Path samples = folder.resolve("samples");
            SceneSamples.draw(model, Stage.TSC, Precision.FP32, samples, 20, 1);
            Path grid = samples.resolve("step-000020.png");
            SceneTraining further =
                    new SceneTraining(torch, folder.resolve("further"), Precision.FP32);
            further.from(model);
            oneStepMovesLittle(further, folder.resolve("further"));
            theBaseLearnsToTellMaps(further);
            aCheckpointIsTrainedFurther(torch, further);

            assertThat(Image.read(grid).width()).isEqualTo(4 * 128);
            assertThat(Image.read(grid).height()).isEqualTo(128);
            assertThat(Png.texts(grid)).containsKey(Png.PARAMETERS);
        }
    }

    /**
     * Of which a checkpoint for pipelines has nothing; the connector is then asked for them too.
     */
    private void theBaseLearnsToTellMaps(SceneTraining further) throws IOException {
        Path latents = folder.resolve("latents.safetensors");
        Path there = folder.resolve("further");
        Files.copy(latents, there.resolve("latents.safetensors"));
        assertThat(further.run(Stage.BASE, () -> false, p -> {})).isTrue();
        for (Stage stage : List.of(Stage.ALIGN, Stage.DISTIL, Stage.TSC)) {
            double[] loss = {0};
            assertThat(further.run(stage, () -> false, p -> loss[0] = p.loss())).isTrue();
            assertThat(loss[0]).isPositive();
        }
        try (Safetensors base = Safetensors.open(there.resolve("base/weights.safetensors"));
                Safetensors aligned = Safetensors.open(there.resolve("align/weights.safetensors"));
                Safetensors distilled =
                        Safetensors.open(there.resolve("distil/weights.safetensors"));
                Safetensors tsc = Safetensors.open(there.resolve("tsc/weights.safetensors"))) {
            assertThat(base.names()).contains("maps.weight", "unet.conv_out.weight");
            assertThat(tsc.names()).isNotEmpty().allMatch(name -> name.startsWith("tsc."));
            // Each goes on from the one before: a step moves a weight by its rate.
            ParameterSpec weight =
                    Objectives.connector(
                                    SceneModels.unet(), Variant.ADALN.config(), SceneModels.t5())
                            .parameters()
                            .stream()
                            .filter(p -> p.name().startsWith("tsc.") && p.shape().size() == 2)
                            .findFirst()
                            .orElseThrow();
            assertThat(furthest(aligned.tensor(weight), distilled.tensor(weight)))
                    .isBetween(1e-5f, 3e-3f);
            assertThat(furthest(distilled.tensor(weight), tsc.tensor(weight)))
                    .isBetween(1e-5f, 3e-3f);
        }
    }

    private void aCheckpointIsTrainedFurther(Torch torch, SceneTraining further)
            throws IOException {
        assertThat(further.run(Stage.TINY_VAE, () -> false, p -> {})).isTrue();
        Path model = folder.resolve("model-with-maps");
        further.assemble(model);
        Path there = folder.resolve("again");
        SceneTraining again = new SceneTraining(torch, there, Precision.FP32);
        again.from(model);
        again.steps(1);
        Files.createDirectories(there);
        Files.copy(folder.resolve("latents.safetensors"), there.resolve("latents.safetensors"));
        assertThat(again.run(Stage.BASE, () -> false, p -> {})).isTrue();
        try (Safetensors kept = Safetensors.open(model.resolve("maps/model.safetensors"));
                Safetensors base = Safetensors.open(there.resolve("base/weights.safetensors"))) {
            assertThat(furthest(kept.tensor("weight"), base.tensor("maps.weight")))
                    .isLessThan(1e-3f);
        }
        goesOn(again, Stage.ALIGN, there, "ella/ella.safetensors", "connector.latents", "tsc.");
        goesOn(
                again,
                Stage.TINY_VAE,
                there,
                "tiny_vae/diffusion_pytorch_model.safetensors",
                "decoder.layers.0.weight",
                "tiny_vae.");
        Path aligned = folder.resolve("aligned");
        again.assemble(aligned); // the last stage of the connector there
        Path weights = there.resolve("align/weights.safetensors");
        try (Safetensors kept = Safetensors.open(aligned.resolve("ella/ella.safetensors"));
                Safetensors trained = Safetensors.open(weights)) {
            assertThat(kept.tensor("connector.latents").floatArray())
                    .isEqualTo(trained.tensor("tsc.connector.latents").floatArray());
        }
    }

    /** A step from a file of the model moves one of its tensors by little. */
    private void goesOn(
            SceneTraining training,
            Stage stage,
            Path there,
            String file,
            String tensor,
            String prefix)
            throws IOException {
        Path stored = folder.resolve("model-with-maps").resolve(file);
        doubled(stored, tensor); // else it is what a fresh one begins with
        assertThat(training.run(stage, () -> false, p -> {})).isTrue();
        Path weights = there.resolve(stage.toString()).resolve("weights.safetensors");
        try (Safetensors kept = Safetensors.open(stored);
                Safetensors trained = Safetensors.open(weights)) {
            assertThat(furthest(kept.tensor(tensor), trained.tensor(prefix + tensor)))
                    .isLessThan(3e-3f);
        }
    }

    private static void doubled(Path file, String name) {
        List<StoredTensor> tensors = new ArrayList<>();
        try (Safetensors stored = Safetensors.open(file)) {
            for (String each : stored.names()) {
                StoredTensor tensor = stored.tensor(each);
                float[] values = tensor.floatArray();
                for (int i = 0; i < values.length && each.equals(name); i++) {
                    values[i] *= 2;
                }
                long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
                tensors.add(StoredTensor.of(each, values, shape));
            }
        }
        Safetensors.write(file, Map.of(), tensors);
    }

    private static float furthest(StoredTensor a, StoredTensor b) {
        float[] is = a.floatArray();
        float[] was = b.floatArray();
        float furthest = 0;
        for (int i = 0; i < is.length; i++) {
            furthest = Math.max(furthest, Math.abs(is[i] - was[i]));
        }
        return furthest;
    }

    /** Dense captions, which are longer than what it takes. */
    private void clipReadsForAConnector(Torch torch) throws IOException {
        Graph graph =
                Objectives.connector(SceneModels.unet(), Variant.CLIP.config(), SceneModels.clip());
        Path state = Files.createDirectories(folder.resolve("tsc-clip"));
        Safetensors.write(
                state.resolve("weights.safetensors"),
                Map.of(),
                graph.parameters().stream().map(FRESH::tensor).toList());
        Path model = folder.resolve("clip");
        SceneTraining training = new SceneTraining(torch, folder, Precision.FP32);
        training.variant(Variant.CLIP);
        training.assemble(model);
        SceneSamples.draw(model, Stage.TSC, Precision.FP32, folder.resolve("of-clip"), 1, 1);
        assertThat(folder.resolve("of-clip/step-000001.png")).exists();
    }

    @Test
    void aStageWithoutACheckpointBeginsWithTheWeightsThatWereKept() throws IOException {
        pretend(Stage.T5, LanguageTask.t5(SCENES, 1).graph());
        try (Torch torch = Torch.open(Device.CPU)) {
            oneStepMovesLittle(new SceneTraining(torch, folder, Precision.FP32), folder);
        }
    }

    /** Of the T5, which begins with {@link #FRESH}. */
    private static void oneStepMovesLittle(SceneTraining training, Path folder) {
        training.steps(1);
        assertThat(training.run(Stage.T5, () -> false, p -> {})).isTrue();
        Graph graph = LanguageTask.t5(SCENES, 1).graph();
        ParameterSpec table =
                graph.parameters().stream()
                        .filter(p -> p.name().endsWith("shared.weight"))
                        .findFirst()
                        .orElseThrow();
        try (Safetensors file = Safetensors.open(folder.resolve("t5/weights.safetensors"))) {
            // One step of Adam moves a weight by the learning rate, and fp16 rounds it.
            assertThat(furthest(FRESH.tensor(table), file.tensor(table))).isBetween(1e-4f, 1e-2f);
        }
    }

    @Test
    void aNetworkThatGrewKeepsWhatItLearned() throws IOException {
        Graph graph = LanguageTask.t5(SCENES, 1).graph();
        List<ParameterSpec> all = List.copyOf(graph.parameters());
        ParameterSpec kept = all.get(0);
        ParameterSpec added = all.get(all.size() - 1);
        Path file = folder.resolve("weights.safetensors");
        Safetensors.write(file, Map.of(), List.of(FRESH.tensor(kept)));
        FreshWeights fresh = new FreshWeights(2, List.of());
        try (WeightSource grown = GrownWeights.of(Safetensors.open(file), fresh, all)) {
            assertThat(grown.tensor(kept).floatArray())
                    .isEqualTo(FRESH.tensor(kept).floatArray())
                    .isNotEqualTo(fresh.tensor(kept).floatArray());
            assertThat(grown.tensor(added).floatArray())
                    .isEqualTo(fresh.tensor(added).floatArray());
        }
    }

    @Test
    void stagesAskForThoseBeforeThem() {
        try (Torch torch = Torch.open(Device.CPU)) {
            SceneTraining training = new SceneTraining(torch, folder, Precision.FP32);
            assertThatThrownBy(() -> training.run(Stage.BASE, () -> false, p -> {}))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("Train the stage");
        }
    }
}
