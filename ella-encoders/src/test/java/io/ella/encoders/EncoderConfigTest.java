package io.ella.encoders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The vocabulary of transformers' {@code config.json}. */
class EncoderConfigTest {

    private static Config json(String text) {
        return Config.parse(text, "config.json");
    }

    private static void refused(Function<Config, ?> from, String text, String... words) {
        assertThatThrownBy(() -> from.apply(json(text)))
                .isInstanceOf(EllaException.class)
                .hasMessageContainingAll(words);
    }

    @Test
    void defaults() {
        assertThat(T5Config.from(json("{}")))
                .isEqualTo(new T5Config(32128, 512, 64, 2048, 6, 8, "relu", 32, 128, 1e-6));
        assertThat(LlamaConfig.from(json("{}")))
                .isEqualTo(
                        new LlamaConfig(
                                32000, 4096, 11008, 32, 32, 32, 128, 2048, 1e-6, 1e4, false,
                                false));
        assertThat(ClipTextConfig.from(json("{}")))
                .isEqualTo(
                        new ClipTextConfig(
                                49408, 512, 2048, 12, 8, 77, "quick_gelu", 1e-5, 49407, 0));
    }

    @Test
    void t5Refusals() {
        refused(T5Config::from, "{\"model_type\": \"umt5\"}", "model_type", "umt5");
        refused(T5Config::from, "{\"feed_forward_proj\": \"gated-swish\"}", "gated-swish");
        refused(
                T5Config::from,
                "{\"feed_forward_proj\": \"gated-gelu\", \"dense_act_fn\": \"gelu\"}",
                "dense_act_fn");
        refused(T5Config::from, "{\"num_heads\": 0}", "num_heads is 0");
        refused(T5Config::from, "{\"layer_norm_epsilon\": -1}", "layer_norm_epsilon");
        refused(T5Config::from, "{\"relative_attention_max_distance\": 8}", "buckets");
        refused(T5Config::from, "{\"is_decoder\": true}", "is_decoder");
    }

    @Test
    void llamaRotaryBaseFromAnyVersion() {
        assertThat(LlamaConfig.from(json("{\"rope_theta\": 500000.0}")).ropeTheta())
                .isEqualTo(500000);
        assertThat(
                        LlamaConfig.from(
                                        json(
                                                """
                                                {"rope_parameters":
                                                  {"rope_type": "default", "rope_theta": 20000.0},
                                                 "rope_scaling": null}
                                                """))
                                .ropeTheta())
                .isEqualTo(20000);
        refused(
                LlamaConfig::from,
                "{\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0}}",
                "rope_type",
                "llama3");
        refused(
                LlamaConfig::from,
                "{\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0}}",
                "linear");
    }

    @Test
    void llamaHeads() {
        LlamaConfig config =
                LlamaConfig.from(json("{\"hidden_size\": 64, \"num_attention_heads\": 8}"));
        assertThat(config.numKeyValueHeads()).isEqualTo(8);
        assertThat(config.headDim()).isEqualTo(8);
        refused(LlamaConfig::from, "{\"hidden_size\": 65}", "num_attention_heads", "hidden_size");
        refused(LlamaConfig::from, "{\"num_key_value_heads\": 5}", "num_key_value_heads");
        refused(LlamaConfig::from, "{\"num_attention_heads\": 0}", "num_attention_heads is 0");
        refused(LlamaConfig::from, "{\"hidden_act\": \"gelu\"}", "hidden_act");
    }

    @Test
    void clipProjectionByArchitecture() {
        String both = "{\"projection_dim\": 1280, \"architectures\": [\"%s\"]}";
        assertThat(ClipTextConfig.from(json(both.formatted("CLIPTextModel"))).projectionDim())
                .isZero();
        String projected = both.formatted("CLIPTextModelWithProjection");
        assertThat(ClipTextConfig.from(json(projected)).projectionDim()).isEqualTo(1280);
        assertThat(
                        ClipTextConfig.from(
                                        json(
                                                """
                                                {"model_type": "clip",
                                                 "text_config": {"hidden_size": 768,
                                                                 "num_attention_heads": 12}}
                                                """))
                                .hiddenSize())
                .isEqualTo(768);
        refused(ClipTextConfig::from, "{\"hidden_act\": \"relu\"}", "hidden_act", "relu");
        refused(ClipTextConfig::from, "{\"hidden_size\": 100}", "num_attention_heads");
    }
}
