package io.ella.train.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Value;
import io.ella.core.torch.AdamW;
import io.ella.core.torch.Device;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Trainer;
import io.ella.core.torch.Weights;
import io.ella.encoders.EncoderGraph;
import io.ella.train.FreshWeights;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneSampler;
import io.ella.tsc.Connector;
import io.ella.unet.AutoencoderKL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A few steps of each stage, with the real configurations and batches of two. */
class StageStepsTest {
    private static final SceneSampler SCENES = SceneSampler.training(1);
    private static final FreshWeights FRESH = new FreshWeights(11, List.of("conv2.weight"));

    private static Torch torch;
    private static Latents latents;
    private static NoisyScenes noisy;

    @BeforeAll
    static void encode(@TempDir Path folder) {
        torch = Torch.open(Device.CPU);
        Path file = folder.resolve("latents.safetensors");
        latents = Latents.encode(torch, SceneModels.vae(), FRESH, SCENES, 5, file, done -> {});
        noisy = new NoisyScenes(SCENES, latents);
    }

    @AfterAll
    static void close() {
        assertThat(torch.liveTensors()).isZero();
        torch.close();
    }

    /** The first batch again and again: its loss has to fall. */
    private static void learns(TrainingTask task) {
        try (Trainer trainer = torch.trainer(task.graph(), Precision.FP32, task::learns, FRESH)) {
            List<Tensor> batch = task.batch(torch, 0);
            Tensor[] inputs = batch.toArray(new Tensor[0]);
            double first = trainer.accumulate(inputs)[0];
            double last = first;
            for (int i = 0; i < 6; i++) {
                trainer.update(AdamW.defaults(), 1e-3, 0.9);
                last = trainer.accumulate(inputs)[0];
            }
            batch.forEach(Tensor::close);
            assertThat(last).isLessThan(first);
        }
    }

    @Test
    void latentsAreScaledToADeviationOfOne() {
        double sum = 0;
        double squares = 0;
        int elements = 0;
        for (int i = 0; i < latents.count(); i++) {
            for (float value : latents.get(i)) {
                sum += value;
                squares += value * value;
                elements++;
            }
        }
        double mean = sum / elements;
        assertThat(Math.sqrt(squares / elements - mean * mean)).isBetween(0.99, 1.01);
        assertThat(latents.count()).isEqualTo(5);
        assertThat(elements).isEqualTo(5 * 4 * latents.side() * latents.side());
    }

    @Test
    void autoencoder() {
        learns(new AutoencoderTask(SceneModels.vae(), SCENES, 2, 32, true));
        AutoencoderTask decoder = new AutoencoderTask(SceneModels.vae(), SCENES, 2, 32, false);
        assertThat(decoder.graph().parameters().stream().filter(p -> decoder.learns(p.name())))
                .hasSize(AutoencoderKL.decoder(SceneModels.vae()).parameters().size());
        learns(decoder);
    }

    @Test
    void tinyDecoder() {
        TinyDecoderTask task = new TinyDecoderTask(SceneModels.tinyVae(), SCENES, latents, 2);
        learns(task);
        double[] losses = losses(task);
        assertThat(losses).hasSize(2);
        assertThat(losses[0]).isGreaterThan(losses[1]);
    }

    @Test
    void languageModels() {
        understands(LanguageTask.t5(SCENES, 2), 5); // where heads look, too
        understands(LanguageTask.llama(SCENES, 2), 4);
    }

    private void understands(LanguageTask task, int count) {
        learns(task);
        double[] losses = losses(task);
        assertThat(losses).hasSize(count);
        assertThat(Arrays.stream(losses)).allMatch(loss -> loss > 0);
        double astray = count > 4 ? losses[4] : 0;
        double sum = losses[1] + 50 * losses[2] + 0.5 * losses[3] + 0.25 * astray;
        assertThat(losses[0]).isCloseTo(sum, within(1e-4));
    }

    @Test
    void base() {
        learns(new GroundedTask(noisy, 2, Captioner.placing().forLayout(), Captioner.retold()));
    }

    @Test
    void mapsWordsAndAttentionComeOnTopOfWhatThePredictionCosts() {
        EncoderGraph text = SceneModels.clip();
        Captioner brief = Captioner.brief().forLayout(); // where all places count the same
        double[] grounded = losses(new GroundedTask(noisy, 2, brief));
        double[] alone =
                losses(
                        new DenoisingTask(
                                Objectives.denoising(SceneModels.unet(), text),
                                p -> true,
                                text,
                                noisy,
                                2,
                                brief));
        assertThat(grounded[1]).isCloseTo(alone[0], within(1e-5));
        assertThat(grounded[2]).isPositive();
        assertThat(grounded[3]).isPositive();
        assertThat(grounded[4]).isBetween(1e-3, 1.0);
        double grounds = 10 * grounded[3] + 50 * (grounded[2] + grounded[4]);
        assertThat(grounded[0]).isCloseTo(grounded[1] + grounds, within(1e-4));
    }

    private static double[] losses(TrainingTask task) {
        try (Trainer trainer = torch.trainer(task.graph(), Precision.FP32, task::learns, FRESH)) {
            List<Tensor> batch = task.batch(torch, 0);
            double[] losses = trainer.accumulate(batch.toArray(new Tensor[0]));
            batch.forEach(Tensor::close);
            return losses;
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Variant.class,
            names = {"ADALN", "MLP", "QUERIES_8", "LLAMA", "CLIP", "FLEXIBLE"})
    void alignment(Variant variant) {
        AlignmentTask task = new AlignmentTask(variant, SCENES, 4);
        learns(task);
        assertThat(task.graph().parameters().stream().filter(p -> task.learns(p.name())))
                .hasSize(variant.config().graph().parameters().size());
    }

    @Test
    void queriesAnswerForAnObjectEach() {
        assertThat(withObjectsTurned(Variant.ADALN)).isGreaterThan(1e-4);
        assertThat(withObjectsTurned(Variant.MLP)).isLessThan(1e-5); // has no queries
    }

    /** By how much the loss changes, as a part of it, where objects are told in another order. */
    private static double withObjectsTurned(Variant variant) {
        AlignmentTask task = new AlignmentTask(variant, SCENES, 4);
        List<Value> declared = task.graph().inputs();
        int objects =
                IntStream.range(0, declared.size())
                        .filter(i -> ((Op.Input) declared.get(i).op()).name().equals("objects"))
                        .findFirst()
                        .orElseThrow();
        Program program = torch.compile(task.graph(), Precision.FP32);
        try (Weights weights = program.load(FRESH)) {
            List<Tensor> batch = new ArrayList<>(task.batch(torch, 0));
            long[] shape = batch.get(objects).shape();
            int all = (int) (shape[0] * shape[1] * shape[2]);
            int row = (int) (shape[1] * shape[2]);
            long[] tokens = new SplittableRandom(1).longs(all, 0, 1000).toArray(); // any others
            long[] turned = new long[all];
            for (int i = 0; i < all; i++) {
                turned[Math.floorDiv(i, row) * row + (int) ((i + shape[2]) % row)] = tokens[i];
            }
            batch.set(objects, torch.tensor(tokens, shape)).close();
            double before = loss(program, weights, batch);
            batch.set(objects, torch.tensor(turned, shape)).close();
            double after = loss(program, weights, batch);
            batch.forEach(Tensor::close);
            return Math.abs(after - before) / before;
        }
    }

    private static double loss(Program program, Weights weights, List<Tensor> batch) {
        try (Outputs outputs = program.run(weights, batch.toArray(new Tensor[0]))) {
            return outputs.get(0).floats()[0];
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Variant.class,
            names = {"ADALN", "MLP", "LLAMA", "CLIP", "FLEXIBLE"})
    void distillation(Variant variant) {
        BothEncoders encoders = BothEncoders.of(variant);
        DistillationTask task =
                new DistillationTask(
                        Objectives.distillation(
                                Scene.MAX_OBJECTS,
                                SceneModels.unet(),
                                variant.config(),
                                encoders.text(),
                                encoders.clip()),
                        encoders,
                        noisy,
                        2,
                        Captioner.brief(),
                        Captioner.dense(variant));
        learns(task);
        assertThat(task.graph().parameters().stream().filter(p -> task.learns(p.name())))
                .hasSize(variant.config().graph().parameters().size());
        double[] losses = losses(task);
        double total = losses[1] + 3 * losses[2] + 4 * losses[3];
        assertThat(losses[0]).isCloseTo(total, within(1e-4));
        assertThat(losses[1]).isPositive();
        assertThat(losses[2]).isPositive();
        assertThat(losses[3]).isPositive();
    }

    @ParameterizedTest
    @EnumSource(
            value = Variant.class,
            names = {"ADALN", "MLP", "LLAMA", "CLIP", "FLEXIBLE"})
    void connector(Variant variant) {
        connector(
                variant,
                Objectives.connector(SceneModels.unet(), variant.config(), variant.text()));
    }

    @Test
    void connectorBehindANetworkThatTellsMaps() {
        Variant variant = Variant.ADALN;
        BothEncoders encoders = BothEncoders.of(variant);
        Graph graph =
                Objectives.connector(
                        Scene.MAX_OBJECTS,
                        SceneModels.unet(),
                        SceneMaps.COUNT,
                        variant.config(),
                        encoders.text(),
                        encoders.clip());
        TrainingTask task =
                new TaughtConnectorTask(
                        pictures(variant, graph),
                        new DistillationTask(graph, encoders, noisy, 1, Captioner.brief()));
        learns(task);
        try (Trainer trainer = torch.trainer(graph, Precision.FP32, task::learns, FRESH)) {
            List<Tensor> batch = task.batch(torch, 0);
            double[] losses = trainer.accumulate(batch.toArray(new Tensor[0]));
            batch.forEach(Tensor::close);
            assertThat(losses[3]).isPositive();
            assertThat(losses[0]).isCloseTo(losses[1] + 50 * losses[2] + losses[3], within(1e-4));
        }
    }

    private static DenoisingTask pictures(Variant variant, Graph graph) {
        return new DenoisingTask(
                graph,
                p -> p.startsWith("tsc."),
                variant.text(),
                noisy,
                2,
                Captioner.dense(variant));
    }

    private static void connector(Variant variant, Graph graph) {
        DenoisingTask task = pictures(variant, graph);
        learns(task);
        assertThat(graph.parameters().stream().filter(p -> task.learns(p.name())))
                .hasSize(variant.config().graph().parameters().size());
    }

    @Test
    void everyVariantHasItsSettings() {
        for (Variant variant : Variant.values()) {
            assertThat(Variant.of(variant.toString())).isEqualTo(variant);
            assertThat(variant.config().width()).isEqualTo(128);
        }
        assertThat(Variant.QUERIES_8.config().numLatents()).isEqualTo(8);
        assertThat(Variant.RESAMPLER_1.config().layers()).isEqualTo(1);
        assertThat(Variant.MLP.config().connector()).isEqualTo(Connector.MLP);
        assertThatThrownBy(() -> Variant.of("large")).hasMessageContaining("resampler-1");
    }
}
