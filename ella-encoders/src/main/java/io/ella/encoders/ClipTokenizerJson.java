package io.ella.encoders;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ella.core.EllaException;
import java.nio.file.Path;
import java.util.Map;

/**
 * CLIP's {@code tokenizer.json} from the {@code vocab.json} and {@code merges.txt} that Stable
 * Diffusion repositories have: lowercased NFC text with white space collapsed, cut into words by
 * CLIP's expression, byte-level BPE with {@code </w>} at the end of a word; transformers' {@code
 * CLIPTokenizer}.
 */
final class ClipTokenizerJson {
    /** By role, where the files name no other. */
    static final Map<String, String> SPECIAL_TOKENS =
            Map.of(
                    "bos_token", "<|startoftext|>",
                    "eos_token", "<|endoftext|>",
                    "unk_token", "<|endoftext|>",
                    "pad_token", "<|endoftext|>");

    /** All but the vocabulary, the merges and the special tokens' names. */
    private static final String TEMPLATE =
            """
            {
              "version": "1.0",
              "truncation": null,
              "padding": null,
              "added_tokens": [],
              "normalizer": {
                "type": "Sequence",
                "normalizers": [
                  {"type": "NFC"},
                  {"type": "Replace", "pattern": {"Regex": "\\\\s+"}, "content": " "},
                  {"type": "Lowercase"}
                ]
              },
              "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [
                  {
                    "type": "Split",
                    "pattern": {
                      "Regex": "<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"
                    },
                    "behavior": "Removed",
                    "invert": true
                  },
                  {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
                ]
              },
              "post_processor": {
                "type": "RobertaProcessing",
                "trim_offsets": false,
                "add_prefix_space": false
              },
              "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
              "model": {
                "type": "BPE",
                "dropout": null,
                "continuing_subword_prefix": "",
                "end_of_word_suffix": "</w>",
                "fuse_unk": false,
                "byte_fallback": false,
                "ignore_merges": false
              }
            }
            """;

    private ClipTokenizerJson() {}

    /**
     * Builds it.
     *
     * @param vocabFile for messages
     * @param vocab token to id
     * @param mergesFile for messages
     * @param merges a line each, the more frequent first, after a line with the version
     * @param roles with bos_token, eos_token and unk_token
     */
    static JsonObject of(
            Path vocabFile,
            JsonObject vocab,
            Path mergesFile,
            String merges,
            Map<String, AddedToken> roles) {
        for (Map.Entry<String, JsonElement> entry : vocab.entrySet()) {
            var unused = TokenizerFiles.id(vocabFile, entry.getKey(), entry.getValue());
        }
        JsonObject json = JsonParser.parseString(TEMPLATE).getAsJsonObject();
        JsonObject model = json.getAsJsonObject("model");
        model.add("unk_token", special(vocabFile, vocab, roles, "unk_token").get(0));
        model.add("vocab", vocab);
        model.add("merges", merges(mergesFile, merges, vocab));
        JsonObject post = json.getAsJsonObject("post_processor");
        post.add("sep", special(vocabFile, vocab, roles, "eos_token"));
        post.add("cls", special(vocabFile, vocab, roles, "bos_token"));
        return json;
    }

    /** The token and its id. */
    private static JsonArray special(
            Path file, JsonObject vocab, Map<String, AddedToken> roles, String role) {
        AddedToken token = roles.get(role);
        if (token == null || !vocab.has(token.content())) {
            throw new EllaException(
                    file
                            + ": no "
                            + role
                            + " ("
                            + (token == null ? "none is named" : token.content())
                            + ") among the "
                            + vocab.size()
                            + " tokens. This is not CLIP's vocabulary; add the model's tokenizer.json.");
        }
        JsonArray pair = new JsonArray();
        pair.add(token.content());
        pair.add(vocab.get(token.content()));
        return pair;
    }

    private static JsonArray merges(Path file, String text, JsonObject vocab) {
        JsonArray merges = new JsonArray();
        int number = 0;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            number++;
            if (line.isBlank() || (number == 1 && line.startsWith("#version"))) {
                continue;
            }
            String[] pair = line.strip().split(" ", -1);
            if (pair.length != 2 || !vocab.has(pair[0] + pair[1])) {
                throw new EllaException(
                        file
                                + ": line "
                                + number
                                + " is \""
                                + line
                                + "\"; two tokens were expected whose union is in vocab.json. Download both"
                                + " files again, from one model.");
            }
            merges.add(line.strip());
        }
        return merges;
    }
}
