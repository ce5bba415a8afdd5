package io.ella.unet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.Mapping;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.ClipTextConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The names of published checkpoints, from the structure of the original code as diffusers'
 * converters read it.
 */
class OriginalLayoutTest {
    private static final Config NOTHING = Config.parse("{}", "test");

    /** A parameter of a listed checkpoint; a name is "-" where the other has no single one. */
    private record Line(String part, String diffusers, String original, List<Long> shape) {}

    private static List<Line> lines(String model) throws IOException {
        try (InputStream file =
                        OriginalLayoutTest.class.getResourceAsStream(
                                "/original-layout/" + model + ".txt.gz");
                BufferedReader reader =
                        new BufferedReader(
                                new InputStreamReader(
                                        new GZIPInputStream(Objects.requireNonNull(file)),
                                        UTF_8))) {
            return reader.lines()
                    .map(line -> line.split(" "))
                    .map(
                            f ->
                                    new Line(
                                            f[0],
                                            f[1],
                                            f[2],
                                            Arrays.stream(f[3].split("x"))
                                                    .map(Long::valueOf)
                                                    .toList()))
                    .toList();
        }
    }

    private static ListedWeights listed(List<Line> lines) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        for (Line line : lines) {
            if (!line.original().equals("-")) {
                shapes.put(line.original(), line.shape());
            }
        }
        shapes.put("model_ema.decay", List.of());
        shapes.put("betas", List.of(1000L));
        return new ListedWeights(shapes);
    }

    private static Map<String, List<Long>> shapes(List<ParameterSpec> specs) {
        return specs.stream().collect(Collectors.toMap(ParameterSpec::name, ParameterSpec::shape));
    }

    private static Map<String, List<Long>> shapes(WeightSource source) {
        return source.names().stream()
                .collect(Collectors.toMap(n -> n, n -> source.find(n).orElseThrow().shape()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sd15", "sd21", "sdxl"})
    void everyNameOfTheUNet(String model) throws IOException {
        List<Line> lines = lines(model);
        ListedWeights source = listed(lines);
        OriginalLayout.Part unet = OriginalLayout.of(source, NOTHING).unet();

        List<ParameterSpec> declared =
                UNet2DConditionModel.graph(UNetConfig.from(unet.config()), false).parameters();
        OriginalUNetNames fromFile = new OriginalUNet(source, "model.diffusion_model.").names();
        OriginalUNetNames counted =
                OriginalUNetNames.of(declared.stream().map(ParameterSpec::name).toList());
        Map<String, List<Long>> expected = new TreeMap<>();
        for (Line line : lines) {
            if (line.part().equals("unet")) {
                expected.put(line.diffusers(), line.shape());
                String name = line.original().substring("model.diffusion_model.".length());
                assertThat(fromFile.of(line.diffusers())).hasValue(name);
                assertThat(counted.of(line.diffusers())).hasValue(name);
            }
        }
        assertThat(shapes(declared)).isEqualTo(expected);
        assertThat(shapes(unet.weights())).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sd15", "sd21", "sdxl"})
    void everyNameOfTheAutoencoder(String model) throws IOException {
        List<Line> lines = lines(model).stream().filter(l -> l.part().equals("vae")).toList();
        OriginalLayout.Part vae = OriginalLayout.of(listed(lines), NOTHING).vae().orElseThrow();

        VaeConfig config = VaeConfig.from(vae.config());
        List<ParameterSpec> declared = new ArrayList<>(AutoencoderKL.decoder(config).parameters());
        declared.addAll(AutoencoderKL.encoder(config).parameters());
        Map<String, Mapping> mappings = OriginalVae.mappings(declared, "first_stage_model.");
        for (Line line : lines) {
            assertThat(mappings.get(line.diffusers()))
                    .extracting(Mapping::source)
                    .isEqualTo(line.original());
        }
        assertThat(mappings).hasSize(lines.size());
        assertThat(shapes(vae.weights())).isEqualTo(shapes(declared));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sd15", "sd21", "sdxl"})
    void everyNameOfTheTextEncoders(String model) throws IOException {
        List<Line> lines = lines(model);
        List<OriginalLayout.Part> encoders =
                OriginalLayout.of(listed(lines), NOTHING).textEncoders();
        assertThat(encoders).hasSize(model.equals("sdxl") ? 2 : 1);
        for (int i = 0; i < encoders.size(); i++) {
            String part = i == 0 ? "text" : "text2";
            Map<String, List<Long>> expected = new TreeMap<>();
            for (Line line : lines) {
                if (line.part().equals(part) && !line.diffusers().equals("-")) {
                    expected.put(line.diffusers(), line.shape());
                }
            }
            assertThat(shapes(encoders.get(i).weights())).isEqualTo(expected);
        }
    }

    @Test
    void settingsAsPublished() throws IOException {
        OriginalLayout sd15 = OriginalLayout.of(listed(lines("sd15")), NOTHING);
        assertThat(sd15.family()).isEqualTo(OriginalLayout.Family.SD1);
        UNetConfig unet = UNetConfig.from(sd15.unet().config());
        assertThat(unet.heads()).containsExactly(8, 8, 8, 8);
        assertThat(unet.sampleSize()).isEqualTo(64);
        assertThat(sd15.scheduler().string("_class_name")).isEqualTo("PNDMScheduler");
        assertThat(sd15.scheduler().string("prediction_type")).isEqualTo("epsilon");
        Config clip = sd15.textEncoders().get(0).config();
        assertThat(clip.integer("num_attention_heads")).isEqualTo(12);
        assertThat(clip.integer("num_hidden_layers")).isEqualTo(12);
        assertThat(clip.string("hidden_act")).isEqualTo("quick_gelu");

        OriginalLayout sd21 = OriginalLayout.of(listed(lines("sd21")), NOTHING);
        assertThat(sd21.family()).isEqualTo(OriginalLayout.Family.SD2);
        unet = UNetConfig.from(sd21.unet().config());
        assertThat(unet.heads()).containsExactly(5, 10, 20, 20);
        assertThat(unet.sampleSize()).isEqualTo(96);
        assertThat(sd21.scheduler().string("prediction_type")).isEqualTo("v_prediction");
        clip = sd21.textEncoders().get(0).config();
        assertThat(clip.integer("num_attention_heads")).isEqualTo(16);
        assertThat(clip.integer("num_hidden_layers")).isEqualTo(23);
        assertThat(clip.string("hidden_act")).isEqualTo("gelu");

        OriginalLayout sdxl = OriginalLayout.of(listed(lines("sdxl")), NOTHING);
        assertThat(sdxl.family()).isEqualTo(OriginalLayout.Family.SDXL);
        unet = UNetConfig.from(sdxl.unet().config());
        assertThat(unet.heads()).containsExactly(5, 10, 20);
        assertThat(unet.transformerLayers()).containsExactly(1, 2, 10);
        assertThat(unet.pooledDim()).isEqualTo(1280);
        assertThat(VaeConfig.from(sdxl.vae().orElseThrow().config()).scalingFactor())
                .isEqualTo(0.13025);
        assertThat(ClipTextConfig.from(sdxl.textEncoders().get(0).config()).projectionDim())
                .isZero();
        clip = sdxl.textEncoders().get(1).config();
        assertThat(ClipTextConfig.from(clip).projectionDim()).isEqualTo(1280);
        assertThat(clip.integer("num_attention_heads")).isEqualTo(20);
        assertThat(clip.integer("projection_dim")).isEqualTo(1280);
    }

    private static final UNetConfig TINY =
            UNetConfig.from(
                    Config.parse(
                            """
                            {"block_out_channels": [32, 64, 64, 64], "layers_per_block": 1,
                             "attention_head_dim": 4, "cross_attention_dim": 64}
                            """,
                            "tiny"));

    /** Diffusers' own conversion counts three blocks to a level, however many layers it has. */
    private static String threeToALevel(String name) {
        Matcher m =
                Pattern.compile("(down|up)_blocks\\.(\\d)\\.(\\w+)\\.(\\d)\\.(.*)").matcher(name);
        if (!m.matches()) {
            return OriginalUNetNames.of(List.of()).of(name).orElseThrow();
        }
        int level = Integer.parseInt(m.group(2));
        int layer = Integer.parseInt(m.group(4));
        String rest = m.group(5);
        return switch (m.group(3)) {
            case "downsamplers" ->
                    "input_blocks.%d.0.op.%s".formatted(3 * level + 3, rest.substring(5));
            case "upsamplers" ->
                    "output_blocks.%d.%d.%s".formatted(3 * level + 2, level == 0 ? 1 : 2, rest);
            default -> {
                boolean down = m.group(1).equals("down");
                boolean resnet = m.group(3).equals("resnets");
                yield "%s.%d.%s"
                        .formatted(
                                down ? "input_blocks" : "output_blocks",
                                3 * level + layer + (down ? 1 : 0),
                                resnet ? "0." + resnetLayer(rest) : "1." + rest);
            }
        };
    }

    private static String resnetLayer(String name) {
        return name.replace("norm1", "in_layers.0")
                .replace("conv1", "in_layers.2")
                .replace("norm2", "out_layers.0")
                .replace("conv2", "out_layers.3")
                .replace("time_emb_proj", "emb_layers.1")
                .replace("conv_shortcut", "skip_connection");
    }

    private static ListedWeights tiny() {
        Map<String, List<Long>> stored = new LinkedHashMap<>();
        for (ParameterSpec spec : UNet2DConditionModel.graph(TINY, false).parameters()) {
            stored.put("model.diffusion_model." + threeToALevel(spec.name()), spec.shape());
        }
        return new ListedWeights(stored);
    }

    @Test
    void numbersMayHaveGaps() {
        OriginalLayout.Part unet = OriginalLayout.of(tiny(), NOTHING).unet();
        assertThat(UNetConfig.from(unet.config())).isEqualTo(TINY);
        for (ParameterSpec spec : UNet2DConditionModel.graph(TINY, false).parameters()) {
            String original = "model.diffusion_model." + threeToALevel(spec.name());
            assertThat(unet.weights().tensor(spec).floatArray())
                    .isEqualTo(
                            tiny().tensor(new ParameterSpec(original, spec.shape())).floatArray());
        }
    }

    @Test
    void jsonBesideTheFileSaysOtherwise(@TempDir Path folder) throws IOException {
        ListedWeights tiny = tiny();
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, Map.of(), tiny.names().stream().map(tiny::tensor).toList());
        Files.writeString(
                folder.resolve("model.json"),
                """
                {"sd version": "kept by another program",
                 "unet": {"attention_head_dim": 2}, "scheduler": {"prediction_type": "sample"}}
                """);
        try (OriginalLayout layout = OriginalLayout.open(file)) {
            assertThat(UNetConfig.from(layout.unet().config()).heads()).containsOnly(2);
            assertThat(layout.scheduler().string("prediction_type")).isEqualTo("sample");
            assertThat(layout.vae()).isEmpty();
            assertThat(layout.textEncoders()).isEmpty();
        }
        Path configs = Files.createDirectories(folder.resolve("configs/unet"));
        Files.writeString(configs.resolve("config.json"), "{\"attention_head_dim\": 2}");
        try (OriginalLayout layout = OriginalLayout.open(file, folder.resolve("configs"))) {
            assertThat(UNetConfig.from(layout.unet().config()).heads()).containsOnly(2);
        }
    }

    @Test
    void velocityWhereTheFileSaysSo() throws IOException {
        List<Line> lines = new ArrayList<>(lines("sdxl"));
        lines.add(new Line("mark", "-", "v_pred", List.of()));
        lines.add(new Line("mark", "-", "ztsnr", List.of()));
        Config scheduler = OriginalLayout.of(listed(lines), NOTHING).scheduler();
        assertThat(scheduler.string("prediction_type")).isEqualTo("v_prediction");
        assertThat(scheduler.bool("rescale_betas_zero_snr", false)).isTrue();
    }

    @Test
    void packedProjectionsOfOpenClip(@TempDir Path folder) {
        long width = 2;
        List<StoredTensor> tensors = new ArrayList<>();
        String p = "conditioner.embedders.1.model.";
        tensors.add(StoredTensor.of(p + "token_embedding.weight", new float[6], 3, width));
        tensors.add(StoredTensor.of(p + "positional_embedding", new float[4], 2, width));
        tensors.add(StoredTensor.of(p + "text_projection", new float[] {1, 2, 3, 4}, width, width));
        String block = p + "transformer.resblocks.0.";
        tensors.add(StoredTensor.of(block + "ln_1.weight", new float[2], width));
        tensors.add(StoredTensor.of(block + "mlp.c_fc.weight", new float[16], 8, width));
        tensors.add(
                StoredTensor.of(
                        block + "attn.in_proj_weight",
                        new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                        3 * width,
                        width));
        ListedWeights unet = tiny();
        unet.names().forEach(name -> tensors.add(unet.tensor(name)));
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, Map.of(), tensors);
        try (OriginalLayout layout = OriginalLayout.open(file)) {
            WeightSource clip = layout.textEncoders().get(0).weights();
            String attention = "text_model.encoder.layers.0.self_attn.";
            assertThat(clip.tensor(attention + "q_proj.weight").floatArray())
                    .containsExactly(1, 2, 3, 4);
            assertThat(clip.tensor(attention + "v_proj.weight").floatArray())
                    .containsExactly(9, 10, 11, 12);
            assertThat(clip.tensor("text_projection.weight").floatArray())
                    .containsExactly(1, 3, 2, 4);
        }
    }

    @Test
    void otherModelsAreRefused() throws IOException {
        ListedWeights folder = new ListedWeights(Map.of("conv_in.weight", List.of(1L)));
        assertThat(OriginalLayout.matches(folder)).isFalse();
        assertThatThrownBy(() -> OriginalLayout.of(folder, NOTHING))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("not a checkpoint in the original");

        List<Line> extra = new ArrayList<>(lines("sd15"));
        String name = "model.diffusion_model.input_blocks.1.2.time_mixer";
        extra.add(new Line("unet", "-", name, List.of(7L)));
        assertThatThrownBy(() -> OriginalLayout.of(listed(extra), NOTHING).unet())
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(name);

        List<Line> half =
                lines("sd15").stream().filter(l -> !l.original().contains("out")).toList();
        assertThatThrownBy(() -> OriginalLayout.of(listed(half), NOTHING).unet())
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("Is the file complete?");
    }

    @Test
    void oldNamesOfTheAutoencoder() {
        ParameterSpec query = ParameterSpec.of("decoder.mid_block.attentions.0.to_q.weight", 4, 4);
        ParameterSpec out = ParameterSpec.of("decoder.mid_block.attentions.0.to_out.0.bias", 4);
        ParameterSpec norm = ParameterSpec.of("decoder.conv_norm_out.bias", 4);
        List<ParameterSpec> declared = List.of(query, out, norm);
        WeightSource old =
                new ListedWeights(
                        Map.of(
                                "decoder.mid_block.attentions.0.query.weight",
                                List.of(4L, 4L, 1L, 1L),
                                "decoder.mid_block.attentions.0.proj_attn.bias",
                                List.of(4L),
                                "decoder.mid_block.attentions.0.proj_attn.weight",
                                List.of(4L, 4L),
                                "decoder.conv_norm_out.bias",
                                List.of(4L)));
        WeightSource resolved = LegacyVaeNames.resolve(old, declared);
        for (ParameterSpec spec : declared) {
            assertThat(resolved.find(spec.name())).hasValue(spec);
        }
        WeightSource today = new ListedWeights(Map.of(norm.name(), norm.shape()));
        assertThat(LegacyVaeNames.resolve(today, declared)).isSameAs(today);
    }
}
