package io.ella.unet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.conformance.ConformanceResources;
import io.ella.core.graph.Graph;
import io.ella.core.torch.Device;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.StoredTensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The networks against what diffusers computes. */
class NetworksTest {
    private static Torch torch;

    @BeforeAll
    static void open() {
        torch = Torch.open(Device.CPU);
    }

    @AfterAll
    static void close() {
        assertThat(torch.liveTensors()).isZero();
        torch.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"unet-tiny-sd", "unet-tiny-xl"})
    void unet(String name) {
        ConformanceCase c = ConformanceResources.get(name);
        UNetConfig config = UNetConfig.from(c.config());
        Graph graph = UNet2DConditionModel.graph(config, false);
        List<Tensor> inputs = unetInputs(c, config);
        List<float[]> result = run(graph, c.seed(), inputs);
        assertThat(c.distance("sample", result.get(0))).isLessThan(c.tolerance());
    }

    @Tag("full")
    @Test
    void unetSd15() {
        unet("unet-sd15");
    }

    /** What both prompts share is computed once; that must not show. */
    @ParameterizedTest
    @ValueSource(strings = {"unet-tiny-sd", "unet-tiny-xl"})
    void guidanceIsTwoCallsCombined(String name) {
        ConformanceCase c = ConformanceResources.get(name);
        UNetConfig config = UNetConfig.from(c.config());
        long[] latents = {2, config.inChannels(), 8, 16};
        long[] context = {1, 5, config.crossAttentionDim()};
        List<float[]> single = new ArrayList<>();
        for (String prompt : List.of("negative", "positive")) {
            List<Tensor> inputs = new ArrayList<>(List.of(torch.tensor(new float[] {601}, 1)));
            if (config.hasTextTime()) {
                inputs.add(uniform(prompt, 1, config.pooledDim()));
                inputs.add(uniform("ids", 1, 6));
            }
            inputs.add(uniform("latents", latents));
            inputs.add(uniform(prompt, context));
            single.add(
                    run(UNet2DConditionModel.promptGraph(config, Shortcuts.NONE), 9, inputs)
                            .get(0));
        }
        Graph graph = UNet2DConditionModel.guidedGraph(config, Shortcuts.NONE);
        float[] guided = run(graph, 9, guidedInputs(config)).get(0);
        float[] expected = single.get(0).clone();
        for (int i = 0; i < expected.length; i++) {
            expected[i] += 3 * (single.get(1)[i] - expected[i]);
        }
        assertThat(guided).containsExactly(expected, within(1e-4f));
    }

    @Test
    void watchedAttentionIsSharedOutAmongTokensAndChangesNothing() {
        UNetConfig config = UNetConfig.from(ConformanceResources.get("unet-tiny-sd").config());
        String watched = "down_blocks.0.attentions.0.transformer_blocks.0.attn2";
        Graph watching = UNet2DConditionModel.trainingGraph(config, List.of(watched));
        long[] context = {2, 5, config.crossAttentionDim()};
        float[] plain =
                run(UNet2DConditionModel.trainingGraph(config), 9, watchedInputs(config)).get(0);
        List<float[]> result = run(watching, 9, watchedInputs(config));
        assertThat(result.get(0)).containsExactly(plain);
        float[] weights = result.get(2);
        assertThat(weights).hasSize(2 * 8 * 16 * 5);
        boolean differ = false;
        for (int row = 0; row < weights.length; row += 5) {
            float sum = 0;
            for (int token = 0; token < 5; token++) {
                assertThat(weights[row + token]).isPositive();
                sum += weights[row + token];
                differ |= Math.abs(weights[row + token] - 0.2f) > 1e-3f;
            }
            assertThat(sum).isCloseTo(1, within(1e-5f));
        }
        assertThat(differ).isTrue();

        List<Tensor> same = watchedInputs(config);
        same.remove(2).close();
        same.add(torch.tensor(new float[Math.toIntExact(context[0] * 5 * context[2])], context));
        for (float weight : run(watching, 9, same).get(2)) {
            assertThat(weight).isCloseTo(0.2f, within(1e-6f));
        }
    }

    private static List<Tensor> watchedInputs(UNetConfig config) {
        List<Tensor> inputs = new ArrayList<>();
        inputs.add(torch.tensor(new float[] {601, 20}, 2));
        inputs.add(uniform("latents", 2, config.inChannels(), 8, 16));
        inputs.add(uniform("context", 2, 5, config.crossAttentionDim()));
        return inputs;
    }

    @Test
    void crossAttentionsHearTheSameOfTheSameContextAndGoOnWithTheFirst() {
        UNetConfig config = UNetConfig.from(ConformanceResources.get("unet-tiny-sd").config());
        Graph hearing = UNet2DConditionModel.hearingGraph(config);
        long layers =
                hearing.parameters().stream()
                        .filter(p -> p.name().endsWith("attn2.to_q.weight"))
                        .count();
        List<Tensor> same = watchedInputs(config);
        same.add(uniform("context", 2, 5, config.crossAttentionDim()));
        List<float[]> alike = run(hearing, 9, same);
        int last = Math.toIntExact(2 * layers);
        assertThat(alike).hasSize(last + 1);
        for (int i = 0; i < last; i += 2) {
            assertThat(alike.get(i + 1)).containsExactly(alike.get(i));
        }
        Graph network = UNet2DConditionModel.trainingGraph(config);
        assertThat(alike.get(last)).containsExactly(run(network, 9, watchedInputs(config)).get(0));
        List<Tensor> different = watchedInputs(config);
        different.add(uniform("other", 2, 3, config.crossAttentionDim()));
        List<float[]> unlike = run(hearing, 9, different);
        for (int i = 0; i < last; i += 2) {
            assertThat(unlike.get(i)).containsExactly(alike.get(i));
            assertThat(unlike.get(i + 1)).hasSameSizeAs(alike.get(i)).isNotEqualTo(alike.get(i));
        }
        assertThat(unlike.get(last)).containsExactly(alike.get(last));
    }

    @Test
    void onlyAttentionThatIsThereCanBeWatched() {
        UNetConfig config = UNetConfig.from(ConformanceResources.get("unet-tiny-sd").config());
        assertThatThrownBy(() -> UNet2DConditionModel.trainingGraph(config, List.of("mid.attn")))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("mid.attn is no cross-attention");
    }

    private static List<Tensor> guidedInputs(UNetConfig config) {
        return guidedInputs(config, 8, 16);
    }

    private static List<Tensor> guidedInputs(UNetConfig config, int height, int width) {
        long[] latents = {2, config.inChannels(), height, width};
        long[] context = {1, 5, config.crossAttentionDim()};
        List<Tensor> inputs = new ArrayList<>();
        inputs.add(torch.tensor(new float[] {601}, 1));
        inputs.add(torch.tensor(new float[] {3}, 1));
        if (config.hasTextTime()) {
            inputs.add(uniform("negative", 1, config.pooledDim()));
            inputs.add(uniform("positive", 1, config.pooledDim()));
            inputs.add(uniform("ids", 1, 6));
        }
        inputs.add(uniform("latents", latents));
        inputs.add(uniform("negative", context));
        inputs.add(uniform("positive", context));
        return inputs;
    }

    /** The outermost blocks give the whole network's answer where nothing has changed since. */
    @ParameterizedTest
    @ValueSource(strings = {"unet-tiny-sd", "unet-tiny-xl"})
    void deepFeaturesOfTheSameInputsGiveTheSameAnswer(String name) {
        UNetConfig config = UNetConfig.from(ConformanceResources.get(name).config());
        Graph whole = UNet2DConditionModel.guidedGraph(config, Shortcuts.NONE);
        Graph keeping =
                UNet2DConditionModel.guidedGraph(config, new Shortcuts(DeepFeatures.KEPT, false));
        Graph outermost =
                UNet2DConditionModel.guidedGraph(config, new Shortcuts(DeepFeatures.GIVEN, false));
        float[] expected = run(whole, 9, guidedInputs(config)).get(0);
        List<float[]> kept = run(keeping, 9, guidedInputs(config));
        assertThat(kept.get(0)).containsExactly(expected, within(1e-5f));

        List<Tensor> inputs = guidedInputs(config);
        long channels = config.blockOutChannels().get(1);
        inputs.add(torch.tensor(kept.get(1), 4, channels, 8, 16));
        assertThat(run(outermost, 9, inputs).get(0)).containsExactly(expected, within(1e-5f));
        assertThat(outermost.parameterCount()).isLessThan(whole.parameterCount() / 2);
    }

    /** A token without neighbours is its own mean. */
    @ParameterizedTest
    @ValueSource(strings = {"unet-tiny-sd", "unet-tiny-xl"})
    void tokensAreMergedWithTheirNeighbours(String name) {
        UNetConfig config = UNetConfig.from(ConformanceResources.get(name).config());
        Graph whole = UNet2DConditionModel.guidedGraph(config, Shortcuts.NONE);
        Graph merging =
                UNet2DConditionModel.guidedGraph(config, new Shortcuts(DeepFeatures.NONE, true));
        float[] pixel = run(whole, 9, guidedInputs(config, 1, 1)).get(0);
        assertThat(run(merging, 9, guidedInputs(config, 1, 1)).get(0))
                .containsExactly(pixel, within(1e-5f));
        float[] merged = run(merging, 9, guidedInputs(config, 7, 9)).get(0);
        assertThat(merged).hasSize(2 * config.outChannels() * 7 * 9);
        assertThat(merged).isNotEqualTo(run(whole, 9, guidedInputs(config, 7, 9)).get(0));
    }

    private static Tensor uniform(String name, long... shape) {
        return torch.tensor(HashWeights.uniform(name, shape, 4), shape);
    }

    @ParameterizedTest
    @ValueSource(strings = "vae-tiny")
    void vae(String name) {
        ConformanceCase c = ConformanceResources.get(name);
        VaeConfig config = VaeConfig.from(c.config());
        List<float[]> decoded =
                run(AutoencoderKL.decoder(config), c.seed(), List.of(tensor(c, "latent")));
        assertThat(c.distance("decoded", decoded.get(0))).isLessThan(c.tolerance());
        List<float[]> moments =
                run(AutoencoderKL.encoder(config), c.seed(), List.of(tensor(c, "image")));
        assertThat(c.distance("mean", moments.get(0))).isLessThan(c.tolerance());
        assertThat(c.distance("logvar", moments.get(1))).isLessThan(c.tolerance());
    }

    @Tag("full")
    @Test
    void vaeSd() {
        vae("vae-sd");
    }

    private static List<Tensor> unetInputs(ConformanceCase c, UNetConfig config) {
        List<Tensor> inputs = new ArrayList<>();
        inputs.add(torch.tensor(new float[] {c.args().integer("timestep")}, 1));
        if (config.hasTextTime()) {
            inputs.add(tensor(c, "pooled"));
            inputs.add(tensor(c, "time_ids"));
        }
        inputs.add(tensor(c, "sample"));
        inputs.add(tensor(c, "context"));
        return inputs;
    }

    private static Tensor tensor(ConformanceCase c, String name) {
        StoredTensor stored = c.in(name);
        return torch.tensor(
                stored.floatArray(), stored.shape().stream().mapToLong(Long::longValue).toArray());
    }

    private static List<float[]> run(Graph graph, long seed, List<Tensor> inputs) {
        try (Program program = torch.compile(graph, Precision.FP32);
                Weights weights = program.load(new HashWeights(seed));
                Outputs outputs = program.run(weights, inputs.toArray(new Tensor[0]))) {
            List<float[]> results = new ArrayList<>();
            for (int i = 0; i < graph.outputs().size(); i++) {
                results.add(outputs.get(i).floats());
            }
            return results;
        } finally {
            inputs.forEach(Tensor::close);
        }
    }
}
