package io.ella.train.stages;

import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.encoders.EncoderGraph;
import io.ella.train.scenes.SceneTokenizers;
import io.ella.tsc.Connector;
import io.ella.tsc.TscConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * The connectors that are compared, as in Tables 5 and 6 of the paper (arXiv 2403.05135). Each but
 * the first differs from it in one thing.
 */
public enum Variant {
    /** What the default model has. */
    ADALN(Connector.ADALN, 4, 80, Stage.T5, true),
    /** Norms and residual branches depend on the timestep. */
    ADALN_ZERO(Connector.ADALN_ZERO, 4, 80, Stage.T5, true),
    /** Nothing depends on the timestep. */
    RESAMPLER(Connector.RESAMPLER, 4, 80, Stage.T5, true),
    /** The same, one block. */
    RESAMPLER_1(Connector.RESAMPLER, 1, 80, Stage.T5, true),
    /** No queries: the tokens one by one. */
    MLP(Connector.MLP, 0, 0, Stage.T5, true),
    /** A tenth of the queries. */
    QUERIES_8(Connector.ADALN, 4, 8, Stage.T5, true),
    /** Two fifths of them. */
    QUERIES_32(Connector.ADALN, 4, 32, Stage.T5, true),
    /** Features of the Llama. */
    LLAMA(Connector.ADALN, 4, 80, Stage.LLAMA, true),
    /** Features of the base model's own text encoder, of captions cut to its 77 tokens. */
    CLIP(Connector.ADALN, 4, 80, Stage.BASE, true),
    /** Captions are padded to the longest of a batch, not to the full length. */
    FLEXIBLE(Connector.ADALN, 4, 80, Stage.T5, false);

    private final Connector connector;
    private final int layers;
    private final int queries;
    private final Stage language;
    private final boolean padded;

    Variant(Connector connector, int layers, int queries, Stage language, boolean padded) {
        this.connector = connector;
        this.layers = layers;
        this.queries = queries;
        this.language = language;
        this.padded = padded;
    }

    /**
     * {@return the variant of that name}
     *
     * @param name as printed
     * @throws EllaException if there is none
     */
    public static Variant of(String name) {
        return Arrays.stream(values())
                .filter(variant -> variant.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new EllaException(
                                        "\"%s\" is no variant; choose one of %s"
                                                .formatted(name, Arrays.toString(values()))));
    }

    /** The stage whose text encoder is in front of the connector. */
    Stage language() {
        return language;
    }

    /** {@return what the connector is made of, as it is written beside its weights} */
    JsonObject json() {
        JsonObject json = SceneModels.json("ella");
        json.addProperty("connector", connector.toString());
        json.addProperty("layers", layers);
        json.addProperty("num_latents", queries);
        if (language == Stage.BASE) {
            json.addProperty("input_dim", SceneModels.clipWidth());
        }
        return json;
    }

    TscConfig config() {
        return TscConfig.of(Config.of(json(), "ella.json"));
    }

    /** {@return the name of the text encoder's settings} */
    String textEncoder() {
        return switch (language) {
            case LLAMA -> "llama";
            case BASE -> "text_encoder";
            default -> "t5";
        };
    }

    EncoderGraph text() {
        return switch (language) {
            case LLAMA -> SceneModels.llama();
            case BASE -> SceneModels.clip();
            default -> SceneModels.t5();
        };
    }

    void writeTokenizer(Path folder) {
        switch (language) {
            case LLAMA -> SceneTokenizers.writeLlama(folder);
            case BASE -> SceneTokenizers.writeClip(folder);
            default -> SceneTokenizers.writeT5(folder);
        }
    }

    Tokens tokens(String[] captions) {
        int length = SceneModels.DENSE_TOKENS;
        Tokens tokens =
                switch (language) {
                    case LLAMA -> Tokens.llama(captions, length);
                    case BASE -> Tokens.clip(captions, SceneModels.clipTokens());
                    default -> Tokens.t5(captions, length);
                };
        return padded ? tokens : tokens.trimmed();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
