package io.ella.encoders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.torch.Device;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.DType;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds for encoders of language models, and what they refuse. */
class TextEncoderTest {
    private static final String T5 =
            """
            {"model_type": "t5", "vocab_size": 50, "d_model": 16, "d_kv": 8, "d_ff": 24,
             "num_layers": 2, "num_heads": 3, "feed_forward_proj": "gated-gelu"}
            """;
    private static final String LLAMA =
            """
            {"model_type": "llama", "vocab_size": 50, "hidden_size": 16, "intermediate_size": 24,
             "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
             "max_position_embeddings": 12}
            """;
    private static final HashWeights WEIGHTS = new HashWeights(5);
    private static final long[][] IDS = {{3, 4, 5, 49, 1}, {9, 0, 7, 1, 8}};
    private static final long[][] MASK = {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}};

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

    private enum Model {
        T5(TextEncoderTest.T5),
        LLAMA(TextEncoderTest.LLAMA);

        private final String config;

        Model(String config) {
            this.config = config;
        }

        private Config config() {
            return Config.parse(config, name());
        }

        private LayeredModel model() {
            return this == T5
                    ? new T5Model(T5Config.from(config()))
                    : new LlamaModel(LlamaConfig.from(config()));
        }

        private TextEncoder load(Precision precision, Residency residency) {
            return LayeredEncoder.load(torch, model(), WEIGHTS, precision, residency);
        }

        private TextEncoder load() {
            return load(Precision.FP32, Residency.RESIDENT);
        }

        private List<ParameterSpec> parameters() {
            return ResidentStack.graph(model()).parameters();
        }
    }

    private static float[] encode(TextEncoder encoder, long[][] ids, long[][] mask) {
        try (Tensor features = encoder.encode(ids, mask)) {
            return features.floats();
        }
    }

    /** But for rounding, which differs with the alignment of memory. */
    private static void same(float[] actual, float[] expected) {
        near(actual, expected, 1e-6);
    }

    @ParameterizedTest
    @EnumSource(Model.class)
    void paddingChangesNoToken(Model model) {
        long[][] padded = {{3, 4, 5, 49, 1, 0, 0, 0}, {9, 0, 7, 1, 8, 0, 0, 0}};
        long[][] mask = {{1, 1, 1, 1, 1, 0, 0, 0}, {1, 1, 1, 1, 1, 0, 0, 0}};
        try (TextEncoder encoder = model.load()) {
            float[] alone = encode(encoder, IDS, MASK);
            float[] all = encode(encoder, padded, mask);
            for (int i = 0; i < 2; i++) {
                same(
                        Arrays.copyOfRange(all, i * 8 * 16, i * 8 * 16 + 5 * 16),
                        Arrays.copyOfRange(alone, i * 5 * 16, (i + 1) * 5 * 16));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Model.class)
    void aBatchIsItsPrompts(Model model) {
        try (TextEncoder encoder = model.load()) {
            float[] both = encode(encoder, IDS, MASK);
            for (int i = 0; i < 2; i++) {
                float[] one = encode(encoder, new long[][] {IDS[i]}, new long[][] {MASK[i]});
                same(one, Arrays.copyOfRange(both, i * 80, (i + 1) * 80));
            }
            try (Tensor one = encoder.encode(new TokenIds(IDS[0], 5, 0))) {
                assertThat(one.shape()).containsExactly(1, 5, 16);
                same(one.floats(), Arrays.copyOfRange(both, 0, 80));
            }
        }
    }

    /** Padding before the prompt sees no token; it must not become NaN and spread. */
    @Test
    void llamaTakesPaddingBeforeThePrompt() {
        try (TextEncoder encoder = Model.LLAMA.load()) {
            float[] features =
                    encode(encoder, new long[][] {{0, 0, 5, 1}}, new long[][] {{0, 0, 1, 1}});
            for (float value : features) {
                assertThat(value).isFinite();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Model.class)
    void streamedIsResidentInEveryPrecision(Model model) {
        float[] exact;
        try (TextEncoder encoder = model.load()) {
            exact = encode(encoder, IDS, MASK);
        }
        for (Precision precision : List.of(Precision.AUTO, Precision.BF16, Precision.FP16)) {
            try (TextEncoder resident = model.load(precision, Residency.RESIDENT);
                    TextEncoder streamed = model.load(precision, Residency.STREAMED)) {
                double limit = streamed.precision() == Precision.FP32 ? 1e-6 : 0.02;
                float[] features = encode(resident, IDS, MASK);
                near(features, exact, limit);
                near(encode(streamed, IDS, MASK), features, limit);
            }
        }
    }

    private static void near(float[] actual, float[] expected, double limit) {
        assertThat(ConformanceCase.relativeL2("features", actual, expected)).isLessThan(limit);
    }

    @Test
    void autoIsFp32OnTheCpu() {
        try (TextEncoder encoder = Model.T5.load(Precision.AUTO, Residency.STREAMED)) {
            assertThat(encoder.precision()).isEqualTo(Precision.FP32);
            assertThat(encoder.width()).isEqualTo(16);
        }
    }

    /** By hand, from the embeddings: the first block compares nothing else. */
    @Test
    void aT5TellsHowItsFirstHeadCompares() {
        T5Config config = T5Config.from(Model.T5.config());
        EncoderGraph watched = EncoderGraph.of(config, List.of(0, 1));
        long[][] mask = {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 0}};
        List<Tensor> inputs = watched.inputs(torch, IDS, mask);
        try (Program program = torch.compile(watched.graph(), Precision.FP32);
                Weights weights = program.load(WEIGHTS);
                Outputs outputs = program.run(weights, inputs.toArray(new Tensor[0]));
                TextEncoder encoder = Model.T5.load()) {
            same(outputs.get(0).floats(), encode(encoder, IDS, mask));
            assertThat(outputs.get(2).shape()).containsExactly(2, 5, 5);
            assertThat(outputs.get(2).floats()).isNotEqualTo(outputs.get(1).floats());
            float[] scores = outputs.get(1).floats();
            float[] expected = new float[2 * 5 * 5];
            for (int i = 0; i < expected.length; i++) {
                int prompt = i / 25;
                int query = i / 5 % 5;
                int key = i % 5;
                if (mask[prompt][key] == 0) {
                    assertThat(scores[i]).isLessThan(-1e4f);
                    scores[i] = 0;
                } else {
                    expected[i] = score(IDS[prompt][query], IDS[prompt][key], key - query);
                }
            }
            near(scores, expected, 1e-5);
        } finally {
            inputs.forEach(Tensor::close);
        }
        assertThatThrownBy(() -> EncoderGraph.of(config, List.of(2)))
                .isInstanceOf(EllaException.class)
                .hasMessageContainingAll("Block 2", "0 to 1");
    }

    private static float score(long query, long key, int distance) {
        String block = "encoder.block.0.layer.0.SelfAttention.";
        float[] q = projected(query, block + "q.weight");
        float[] k = projected(key, block + "k.weight");
        double sum =
                weight(block + "relative_attention_bias.weight")[
                        T5Model.bucket(distance, 32, 128) * 3];
        for (int d = 0; d < 8; d++) {
            sum += q[d] * k[d];
        }
        return (float) sum;
    }

    /** The normalized embedding of a token, before the first head. */
    private static float[] projected(long id, String name) {
        float[] table = weight("shared.weight");
        float[] norm = weight("encoder.block.0.layer.0.layer_norm.weight");
        float[] matrix = weight(name);
        double square = 0;
        for (int i = 0; i < 16; i++) {
            square += Math.pow(table[(int) id * 16 + i], 2) / 16;
        }
        float[] result = new float[8];
        for (int d = 0; d < 8; d++) {
            for (int i = 0; i < 16; i++) {
                double x = table[(int) id * 16 + i] / Math.sqrt(square + 1e-6) * norm[i];
                result[d] += (float) (x * matrix[d * 16 + i]);
            }
        }
        return result;
    }

    private static float[] weight(String name) {
        return Model.T5.parameters().stream()
                .filter(p -> p.name().equals(name))
                .findFirst()
                .map(p -> WEIGHTS.tensor(p).floatArray())
                .orElseThrow();
    }

    /** The distances at which transformers begins a new bucket. */
    @Test
    void t5Buckets() {
        int[] begins =
                IntStream.range(1, 200)
                        .filter(d -> T5Model.bucket(-d, 32, 128) != T5Model.bucket(1 - d, 32, 128))
                        .toArray();
        assertThat(begins).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91);
        for (int d = 1; d < 200; d++) {
            assertThat(T5Model.bucket(d, 32, 128)).isEqualTo(16 + T5Model.bucket(-d, 32, 128));
        }
    }

    // ---- checkpoints ----

    private static StoredTensor weight(ParameterSpec spec, UnaryOperator<String> names) {
        return WEIGHTS.tensor(spec).renamed(names.apply(spec.name()));
    }

    private static Path save(Path folder, Model model, List<StoredTensor> tensors)
            throws IOException {
        Files.writeString(folder.resolve("config.json"), model.config);
        Safetensors.write(folder.resolve("model.safetensors"), Map.of(), tensors);
        return folder;
    }

    private static float[] open(Path folder, Residency residency) {
        try (TextEncoder encoder = TextEncoder.open(folder, torch, Precision.FP32, residency)) {
            return encode(encoder, IDS, MASK);
        }
    }

    @ParameterizedTest
    @EnumSource(Residency.class)
    void aT5OfWhichTheEncoderIsAPart(Residency residency, @TempDir Path folder) throws IOException {
        UnaryOperator<String> names =
                n -> n.equals("shared.weight") ? "encoder.embed_tokens.weight" : n;
        List<StoredTensor> tensors = new ArrayList<>();
        Model.T5.parameters().forEach(p -> tensors.add(weight(p, names)));
        tensors.add(StoredTensor.of("lm_head.weight", new float[2], 2));
        tensors.add(StoredTensor.of("decoder.final_layer_norm.weight", new float[2], 2));
        save(folder, Model.T5, tensors);
        try (TextEncoder computed = Model.T5.load()) {
            same(open(folder, residency), encode(computed, IDS, MASK));
        }
    }

    @ParameterizedTest
    @EnumSource(Residency.class)
    void aLlamaWithAHead(Residency residency, @TempDir Path folder) throws IOException {
        List<StoredTensor> tensors = new ArrayList<>();
        Model.LLAMA.parameters().forEach(p -> tensors.add(weight(p, n -> "model." + n)));
        tensors.add(StoredTensor.of("lm_head.weight", new float[2], 2));
        tensors.add(
                StoredTensor.of("model.layers.0.self_attn.rotary_emb.inv_freq", new float[2], 2));
        save(folder, Model.LLAMA, tensors);
        try (TextEncoder computed = Model.LLAMA.load()) {
            same(open(folder, residency), encode(computed, IDS, MASK));
        }
    }

    /** As T5 is published for ELLA: fp16, but for {@code wo}. */
    @Test
    void mixedTypes(@TempDir Path folder) throws IOException {
        List<StoredTensor> tensors = new ArrayList<>();
        for (ParameterSpec p : Model.T5.parameters()) {
            boolean wide = p.name().endsWith("wo.weight");
            tensors.add(WEIGHTS.tensor(p).to(wide ? DType.F32 : DType.F16));
        }
        save(folder, Model.T5, tensors);
        try (TextEncoder computed = Model.T5.load()) {
            float[] features = open(folder, Residency.STREAMED);
            same(open(folder, Residency.RESIDENT), features);
            assertThat(
                            ConformanceCase.relativeL2(
                                    "features", features, encode(computed, IDS, MASK)))
                    .isCloseTo(1e-3, within(1e-3));
        }
    }

    @Test
    void refusesOtherCheckpoints(@TempDir Path folder) throws IOException {
        List<StoredTensor> tensors = new ArrayList<>();
        Model.T5.parameters().forEach(p -> tensors.add(weight(p, n -> n)));
        tensors.remove(2);
        tensors.set(0, StoredTensor.of("shared.weight", new float[60 * 16], 60, 16));
        tensors.add(StoredTensor.of("encoder.block.2.extra", new float[1], 1));
        save(folder, Model.T5, tensors);
        for (Residency residency : Residency.values()) {
            assertThatThrownBy(() -> open(folder, residency))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContainingAll(
                            "\"shared.weight\" is [60, 16], the model expects [50, 16]",
                            "missing (1)",
                            "\"encoder.block.2.extra\"");
        }
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"umt5\"}");
        assertThatThrownBy(() -> open(folder, Residency.STREAMED))
                .isInstanceOf(EllaException.class)
                .hasMessageContainingAll("config.json", "umt5");
    }

    @Test
    void clipInFrontOfAConnector(@TempDir Path folder) throws IOException {
        String json =
                """
                {"model_type": "clip_text_model", "vocab_size": 50, "hidden_size": 16,
                 "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
                 "max_position_embeddings": 7, "hidden_act": "quick_gelu", "eos_token_id": 1,
                 "projection_dim": 16}
                """;
        ClipTextConfig config = ClipTextConfig.from(Config.parse(json, "CLIP"));
        Files.writeString(folder.resolve("config.json"), json);
        Safetensors.write(
                folder.resolve("model.safetensors"),
                Map.of(),
                ClipTextEncoder.parameters(config, WEIGHTS).stream().map(WEIGHTS::tensor).toList());
        try (TextEncoder features =
                        TextEncoder.open(folder, torch, Precision.FP32, Residency.STREAMED);
                ClipTextEncoder clip = ClipTextEncoder.open(folder, torch, Precision.FP32);
                ClipOutput output = clip.encode(IDS)) {
            assertThat(features.width()).isEqualTo(16);
            assertThat(features.maxLength()).isEqualTo(7);
            assertThat(encode(features, IDS, MASK)).containsExactly(output.hidden().floats());
        }
    }

    @Test
    void aLengthIsAtMostWhatAnEncoderTakes() {
        assertThat(TokenLength.fixed(128).atMost(77)).isEqualTo(TokenLength.fixed(77));
        assertThat(TokenLength.fixed(64).atMost(77)).isEqualTo(TokenLength.fixed(64));
        assertThat(TokenLength.flexible().atMost(77)).isEqualTo(TokenLength.flexible());
    }

    // ---- bad input ----

    @ParameterizedTest
    @EnumSource(Model.class)
    void refusesWhatItCannotEncode(Model model) {
        try (TextEncoder encoder = model.load()) {
            refused(encoder, new long[][] {}, new long[][] {}, "no token");
            refused(encoder, new long[][] {{}}, new long[][] {{}}, "no token");
            refused(encoder, new long[][] {{50}}, new long[][] {{1}}, "id 50", "0 to 49");
            refused(encoder, new long[][] {{-1}}, new long[][] {{1}}, "id -1");
            refused(encoder, new long[][] {{1}}, new long[][] {{0}}, "padding alone");
            refused(encoder, new long[][] {{1}}, new long[][] {{2}}, "0 (padding) and 1");
            refused(encoder, new long[][] {{1}}, new long[][] {{1, 1}}, "prompt 0", "mask of 2");
            refused(encoder, new long[][] {{1}}, new long[][] {}, "1 prompts", "0 masks");
        }
        TextEncoder closed = model.load();
        closed.close();
        refused(closed, IDS, MASK, "closed");
    }

    @Test
    void refusesMoreThanTheModelWasMadeFor() {
        try (TextEncoder encoder = Model.LLAMA.load()) {
            refused(encoder, new long[][] {new long[13]}, new long[][] {{}}, "13", "at most 12");
        }
    }

    private static void refused(TextEncoder encoder, long[][] ids, long[][] mask, String... words) {
        assertThatThrownBy(() -> encoder.encode(ids, mask).close())
                .isInstanceOf(EllaException.class)
                .hasMessageContainingAll(words);
    }

    // ---- cache ----

    @Test
    void remembersTheLastBatches() {
        try (CachedTextEncoder cached = new CachedTextEncoder(torch, Model.T5.load(), 2)) {
            float[] first = encode(cached, IDS, MASK);
            assertThat(encode(cached, IDS, MASK)).containsExactly(first);
            assertThat(cached.size()).isEqualTo(1);
            long[][] mask = {{1, 1, 1, 1, 0}, {1, 1, 1, 1, 1}};
            assertThat(encode(cached, IDS, mask)).isNotEqualTo(first);
            encode(cached, new long[][] {{1}}, new long[][] {{1}});
            assertThat(cached.size()).isEqualTo(2);
            assertThat(encode(cached, IDS, MASK)).containsExactly(first);
            assertThat(cached.width()).isEqualTo(16);
        }
    }
}
