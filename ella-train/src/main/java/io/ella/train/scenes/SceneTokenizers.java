package io.ella.train.scenes;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.files.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes the tokenizer of {@link SceneVocabulary} as Hugging Face's {@code tokenizer.json} and
 * {@code tokenizer_config.json}, in the three forms that text encoders expect. All have the same
 * ids; they differ in the special tokens they add.
 */
public final class SceneTokenizers {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private static final String TEXT = "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}";
    private static final String BEGIN = "{\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 0}}, ";
    private static final String END = ", {\"SpecialToken\": {\"id\": \"</s>\", \"type_id\": 0}}";

    private SceneTokenizers() {}

    /**
     * As CLIP's: {@code <s>} before and {@code </s>} after the text, padded with {@code </s>} to 77
     * tokens.
     *
     * @param folder made if absent; its tokenizer is replaced
     * @throws EllaException if the files cannot be written
     */
    public static void writeClip(Path folder) {
        write(folder, BEGIN + TEXT + END, "</s>", 77);
    }

    /**
     * As T5's: {@code </s>} after the text, padded with {@code <pad>}.
     *
     * @param folder made if absent; its tokenizer is replaced
     * @throws EllaException if the files cannot be written
     */
    public static void writeT5(Path folder) {
        write(folder, TEXT + END, "<pad>", 128);
    }

    /**
     * As Llama's: {@code <s>} before the text, padded with {@code <pad>}.
     *
     * @param folder made if absent; its tokenizer is replaced
     * @throws EllaException if the files cannot be written
     */
    public static void writeLlama(Path folder) {
        write(folder, BEGIN + TEXT, "<pad>", 128);
    }

    private static void write(Path folder, String template, String pad, int maxLength) {
        JsonObject vocab = new JsonObject();
        JsonArray added = new JsonArray();
        for (String token : SceneVocabulary.tokenList()) {
            int id = vocab.size();
            vocab.addProperty(token, id);
            if (token.startsWith("<")) {
                added.add(special(id, token));
            }
        }
        String tokenizer =
                """
            {
              "version": "1.0",
              "truncation": null,
              "padding": null,
              "added_tokens": %s,
              "normalizer": {"type": "Lowercase"},
              "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [
                  {"type": "WhitespaceSplit"},
                  {"type": "Punctuation", "behavior": "Isolated"}
                ]
              },
              "post_processor": {
                "type": "TemplateProcessing",
                "single": [%s],
                "pair": [%2$s, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {
                  "<s>": {"id": "<s>", "ids": [%d], "tokens": ["<s>"]},
                  "</s>": {"id": "</s>", "ids": [%d], "tokens": ["</s>"]}
                }
              },
              "decoder": null,
              "model": {"type": "WordLevel", "vocab": %s, "unk_token": "<unk>"}
            }
            """
                        .formatted(
                                GSON.toJson(added),
                                template,
                                SceneVocabulary.BOS,
                                SceneVocabulary.EOS,
                                GSON.toJson(vocab));
        String config =
                """
            {
              "tokenizer_class": "PreTrainedTokenizerFast",
              "bos_token": "<s>",
              "eos_token": "</s>",
              "unk_token": "<unk>",
              "pad_token": "%s",
              "model_max_length": %d
            }
            """
                        .formatted(pad, maxLength);
        write(folder.resolve("tokenizer.json"), tokenizer);
        write(folder.resolve("tokenizer_config.json"), config);
    }

    private static JsonObject special(int id, String token) {
        JsonObject json = new JsonObject();
        json.addProperty("id", id);
        json.addProperty("content", token);
        for (String flag : new String[] {"single_word", "lstrip", "rstrip", "normalized"}) {
            json.addProperty(flag, false);
        }
        json.addProperty("special", true);
        return json;
    }

    private static void write(Path file, String text) {
        try {
            Path folder = file.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            WholeFile.write(file, temporary -> Files.writeString(temporary, text));
        } catch (IOException e) {
            throw new EllaException(
                    file + " cannot be written (" + e + "). Check the folder and its space.", e);
        }
    }
}
