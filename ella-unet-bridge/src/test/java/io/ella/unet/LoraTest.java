package io.ella.unet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.conformance.ConformanceResources;
import io.ella.core.graph.Graph;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.torch.Device;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoraTest {
    private static final String MODULE =
            "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0";
    private static final ParameterSpec LINEAR = ParameterSpec.of(MODULE + ".weight", 2, 3);
    private static final ParameterSpec CONV =
            ParameterSpec.of("down_blocks.0.resnets.0.conv1.weight", 2, 3, 3, 3);
    private static final ParameterSpec TEXT =
            ParameterSpec.of("text_model.encoder.layers.0.self_attn.q_proj.weight", 2, 3);
    private static final List<ParameterSpec> DECLARED = List.of(LINEAR, CONV);

    /** The product of DOWN and UP is {{5, 4, 3}, {13, 8, 3}}. */
    private static final float[] DOWN = {3, 0, -3, 1, 2, 3};

    private static final float[] UP = {1, 2, 3, 4};
    private static final float[] PRODUCT = {5, 4, 3, 13, 8, 3};

    private Path folder;

    @BeforeEach
    void folder(@TempDir Path given) {
        folder = given;
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora-tiny-kohya", "lora-tiny-peft"})
    void asTheReference(String name) {
        ConformanceCase c = ConformanceResources.get(name);
        Graph graph = UNet2DConditionModel.graph(UNetConfig.from(c.config()), false);
        Lora lora = Lora.open(c.folder().resolve("lora.safetensors"));
        double scale = c.args().number("scale", 1);
        try (Torch torch = Torch.open(Device.CPU);
                WeightSource merged =
                        lora.merged(
                                new HashWeights(c.seed()),
                                Lora.Part.UNET,
                                graph.parameters(),
                                scale)) {
            List<Tensor> inputs = Networks.unetInputs(torch, c);
            List<float[]> result = Networks.run(torch, graph, merged, inputs);
            inputs.forEach(Tensor::close);
            assertThat(c.distance("sample", result.get(0))).isLessThan(c.tolerance());
            assertThat(torch.liveTensors()).isZero();
        }
    }

    private Lora lora(Map<String, String> metadata, StoredTensor... tensors) {
        Path file = folder.resolve("lora.safetensors");
        Safetensors.write(file, metadata, List.of(tensors));
        return Lora.open(file);
    }

    private static StoredTensor down(String name) {
        return StoredTensor.of(name, DOWN, 2, 3);
    }

    private static StoredTensor up(String name) {
        return StoredTensor.of(name, UP, 2, 2);
    }

    /** What the LoRA adds to a weight of 1s, all of it divided by the scale. */
    private static float[] added(Lora lora, Lora.Part part, ParameterSpec spec, double scale) {
        float[] ones = new float[(int) spec.elements()];
        Arrays.fill(ones, 1);
        long[] shape = spec.shape().stream().mapToLong(Long::longValue).toArray();
        Path file = Path.of(lora.description()).resolveSibling("base.safetensors");
        Safetensors.write(file, Map.of(), List.of(StoredTensor.of(spec.name(), ones, shape)));
        try (WeightSource merged =
                lora.merged(Safetensors.open(file), part, List.of(spec), scale)) {
            float[] values = merged.tensor(spec).floatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) ((values[i] - 1) / scale);
            }
            return values;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_out_0.lora_down.weight, .lora_up.weight",
        "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_out_0.lora_down.weight, .lora_up.weight",
        "diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_out.0.lora_A.weight, .lora_B.weight",
        "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.weight, .lora_B.weight",
        "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0.lora.down.weight, .lora.up.weight",
        "base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.default.weight, .lora_B.default.weight",
        "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight, _lora.up.weight",
        "down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight, _lora.up.weight"
    })
    void spellingsOfTheUNet(String down, String upEnding) {
        Lora lora = lora(Map.of(), down(down), up(paired(down, upEnding)));
        assertThat(lora.parts()).containsExactly(Lora.Part.UNET);
        // The names in the original layout are counted, for which the first layer has to be known.
        ParameterSpec first = ParameterSpec.of("down_blocks.0.resnets.0.norm1.weight", 3);
        WeightSource merged =
                lora.merged(new HashWeights(1), Lora.Part.UNET, List.of(LINEAR, first), 1);
        float[] base = new HashWeights(1).tensor(LINEAR).floatArray();
        float[] sum = merged.tensor(LINEAR).floatArray();
        merged.close();
        for (int i = 0; i < sum.length; i++) {
            assertThat(sum[i] - base[i]).isCloseTo(PRODUCT[i], within(1e-5f));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight, .lora_up.weight, TEXT_ENCODER",
        "lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight, .lora_up.weight, TEXT_ENCODER",
        "lora_te2_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight, .lora_up.weight, TEXT_ENCODER_2",
        "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight, .lora_B.weight, TEXT_ENCODER",
        "text_encoder.encoder.layers.0.self_attn.q_proj.lora_A.weight, .lora_B.weight, TEXT_ENCODER",
        "text_encoder_2.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.down.weight, .lora_linear_layer.up.weight, TEXT_ENCODER_2",
        "text_encoder.text_model.encoder.layers.0.self_attn.to_q_lora.down.weight, _lora.up.weight, TEXT_ENCODER"
    })
    void spellingsOfTextEncoders(String down, String upEnding, Lora.Part part) {
        Lora lora = lora(Map.of(), down(down), up(paired(down, upEnding)));
        assertThat(lora.parts()).containsExactly(part);
        assertThat(added(lora, part, TEXT, 1)).containsExactly(PRODUCT);
    }

    private static String paired(String down, String upEnding) {
        String downEnding = upEnding.replace("up", "down").replace("_B", "_A");
        return down.substring(0, down.length() - downEnding.length()) + upEnding;
    }

    @Test
    void alphaAndScale() {
        String module = "lora_unet_" + MODULE.replace('.', '_');
        Lora lora =
                lora(
                        Map.of(),
                        down(module + ".lora_down.weight"),
                        up(module + ".lora_up.weight"),
                        StoredTensor.of(module + ".alpha", new float[] {1}));
        // alpha / rank = 1/2; the scale is divided out
        assertThat(added(lora, Lora.Part.UNET, LINEAR, 4))
                .containsExactly(2.5f, 2, 1.5f, 6.5f, 4, 1.5f);
    }

    @Test
    void alphaInTheMetadata() {
        String metadata =
                "{\"unet.lora_alpha\": 4, \"unet.r\": 2, \"unet.alpha_pattern\": {\"%s\": 8}}";
        StoredTensor[] factors = {
            down("unet." + MODULE + ".lora_A.weight"), up("unet." + MODULE + ".lora_B.weight")
        };
        Lora all = lora(Map.of("lora_adapter_metadata", metadata.formatted("x")), factors);
        assertThat(added(all, Lora.Part.UNET, LINEAR, 1)[0]).isEqualTo(10);
        Lora one = lora(Map.of("lora_adapter_metadata", metadata.formatted("to_out.0")), factors);
        assertThat(added(one, Lora.Part.UNET, LINEAR, 1)[0]).isEqualTo(20);
    }

    @Test
    void convolutions() {
        String module = "lora_unet_down_blocks_0_resnets_0_conv1";
        float[] down = new float[2 * 27];
        down[5] = 1;
        down[27 + 6] = 1;
        Lora lora =
                lora(
                        Map.of(),
                        StoredTensor.of(module + ".lora_down.weight", down, 2, 3, 3, 3),
                        StoredTensor.of(module + ".lora_up.weight", UP, 2, 2, 1, 1));
        float[] added = added(lora, Lora.Part.UNET, CONV, 1);
        assertThat(added).hasSize(54);
        assertThat(new float[] {added[5], added[6], added[27 + 5], added[27 + 6], added[0]})
                .containsExactly(1, 2, 3, 4, 0);
    }

    @Test
    void severalAddUp() {
        String module = "unet." + MODULE;
        Lora lora = lora(Map.of(), down(module + ".lora_A.weight"), up(module + ".lora_B.weight"));
        WeightSource base = new HashWeights(1);
        try (WeightSource once = lora.merged(base, Lora.Part.UNET, DECLARED, 1);
                WeightSource twice = lora.merged(once, Lora.Part.UNET, DECLARED, -1)) {
            float[] expected = base.tensor(LINEAR).floatArray();
            float[] found = twice.tensor(LINEAR).floatArray();
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
            }
            assertThat(twice.tensor(CONV).floatArray()).isEqualTo(base.tensor(CONV).floatArray());
        }
    }

    @Test
    void anotherModelIsRefused() {
        String unknown = "lora_unet_down_blocks_7_conv";
        Lora lora =
                lora(
                        Map.of(),
                        down(unknown + ".lora_down.weight"),
                        up(unknown + ".lora_up.weight"));
        assertThatThrownBy(() -> lora.merged(new HashWeights(1), Lora.Part.UNET, DECLARED, 1))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(unknown)
                .hasMessageContaining("1 of the 1 modules");

        String module = "unet." + MODULE;
        Lora wide =
                lora(
                        Map.of(),
                        StoredTensor.of(module + ".lora_A.weight", new float[8], 2, 4),
                        up(module + ".lora_B.weight"));
        assertThatThrownBy(() -> wide.merged(new HashWeights(1), Lora.Part.UNET, DECLARED, 1))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("[2, 4] (down) and [2, 2] (up)");
    }

    @Test
    void halfOfAPairIsRefused() {
        Lora lora = lora(Map.of(), down("unet." + MODULE + ".lora_A.weight"));
        assertThatThrownBy(() -> lora.merged(new HashWeights(1), Lora.Part.UNET, DECLARED, 1))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("only one of its two factors");
    }

    @ParameterizedTest
    @CsvSource({
        "unet.x.lora_magnitude_vector, DoRA",
        "lora_unet_x.dora_scale, DoRA",
        "lora_unet_x.hada_w1_a, LoHa",
        "lora_unet_x.lokr_w1, LoKr",
        "unet.x.weight, not a LoRA"
    })
    void otherKindsAreRefused(String key, String message) {
        assertThatThrownBy(() -> lora(Map.of(), StoredTensor.of(key, new float[] {1}, 1)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(message);
    }
}
