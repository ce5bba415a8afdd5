package io.ella.encoders;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.ella.core.EllaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The files of one tokenizer, brought into the one form that the native library reads. The rules
 * for special tokens are those of transformers' {@code PreTrainedTokenizerBase._from_pretrained}.
 *
 * @param source the file or folder, for messages
 * @param json the contents of a {@code tokenizer.json}
 * @param padId the id of the padding token
 */
record TokenizerFiles(Path source, String json, long padId) {
    /** transformers' order: of two roles with one text, the later decides its flags. */
    private static final List<String> ROLES =
            List.of(
                    "bos_token",
                    "eos_token",
                    "unk_token",
                    "sep_token",
                    "pad_token",
                    "cls_token",
                    "mask_token");

    static TokenizerFiles read(Path path, @Nullable String padToken) {
        Path parent = path.toAbsolutePath().getParent();
        Path folder = Files.isRegularFile(path) && parent != null ? parent : path;
        if (!Files.isDirectory(folder)) {
            throw new EllaException(
                    path
                            + " does not exist; the folder of a tokenizer was expected. Check the path.");
        }
        Path whole = folder.equals(path) ? folder.resolve("tokenizer.json") : path;
        JsonObject config = readOptional(folder.resolve("tokenizer_config.json"));
        Map<String, AddedToken> roles = roles(folder, config);
        if (Files.isRegularFile(whole)) {
            return ofTokenizerJson(whole, roles, padToken);
        }
        Path vocab = folder.resolve("vocab.json");
        Path merges = folder.resolve("merges.txt");
        if (Files.isRegularFile(vocab) && Files.isRegularFile(merges)) {
            checkClip(folder, AddedToken.string(config.get("tokenizer_class")));
            return ofClip(folder, vocab, merges, config, roles, padToken);
        }
        throw missing(folder, Files.exists(vocab), Files.exists(merges));
    }

    private static TokenizerFiles ofTokenizerJson(
            Path file, Map<String, AddedToken> roles, @Nullable String padToken) {
        String text = readText(file);
        JsonObject tokenizer = parseObject(file, text);
        Vocabulary vocabulary = new Vocabulary(file, tokenizer);
        boolean changed = vocabulary.add(roles.values());
        return new TokenizerFiles(
                file, changed ? tokenizer.toString() : text, padId(vocabulary, roles, padToken));
    }

    private static TokenizerFiles ofClip(
            Path folder,
            Path vocab,
            Path merges,
            JsonObject config,
            Map<String, AddedToken> named,
            @Nullable String padToken) {
        Map<String, AddedToken> roles = new LinkedHashMap<>();
        for (String role : ROLES) {
            AddedToken token = named.get(role);
            String usual = ClipTokenizerJson.SPECIAL_TOKENS.get(role);
            if (token != null) {
                roles.put(role, token);
            } else if (usual != null) {
                roles.put(role, AddedToken.special(usual));
            }
        }
        JsonObject ids = parseObject(vocab, readText(vocab));
        JsonObject tokenizer = ClipTokenizerJson.of(vocab, ids, merges, readText(merges), roles);
        Vocabulary vocabulary = new Vocabulary(vocab, tokenizer);
        declaredTokens(folder, config).forEach((id, token) -> vocabulary.add(token, id));
        vocabulary.add(roles.values());
        return new TokenizerFiles(folder, tokenizer.toString(), padId(vocabulary, roles, padToken));
    }

    private static void checkClip(Path folder, @Nullable String tokenizerClass) {
        if (tokenizerClass != null && !tokenizerClass.startsWith("CLIPTokenizer")) {
            throw new EllaException(
                    folder
                            + " holds vocab.json and merges.txt of a "
                            + tokenizerClass
                            + "; only CLIP's can be read in this form. Add the model's tokenizer.json.");
        }
    }

    private static EllaException missing(Path folder, boolean vocab, boolean merges) {
        for (String name : List.of("spiece.model", "tokenizer.model")) {
            if (Files.isRegularFile(folder.resolve(name))) {
                return new EllaException(
                        folder.resolve(name)
                                + ": a SentencePiece model cannot be read here; tokenizer.json is needed. Put"
                                + " the tokenizer.json of the same model beside it (google/flan-t5-xl has one"
                                + " on the Hugging Face hub), or make it once with transformers:"
                                + " AutoTokenizer.from_pretrained(folder).save_pretrained(folder).");
            }
        }
        if (vocab || merges) {
            return new EllaException(
                    folder
                            + " has "
                            + (vocab
                                    ? "vocab.json but not merges.txt"
                                    : "merges.txt but not vocab.json")
                            + "; a CLIP tokenizer needs both. Download the missing file.");
        }
        return new EllaException(
                folder
                        + " holds no tokenizer; tokenizer.json was expected (or vocab.json and merges.txt for"
                        + " CLIP). Download the whole folder of the model.");
    }

    // Special tokens

    private static Map<String, AddedToken> roles(Path folder, JsonObject config) {
        // The older file wins, unless the newer one declares every token.
        Path olderFile = folder.resolve("special_tokens_map.json");
        JsonObject older =
                config.has("added_tokens_decoder") ? new JsonObject() : readOptional(olderFile);
        Map<String, AddedToken> roles = new LinkedHashMap<>();
        for (String role : ROLES) {
            JsonElement token = older.has(role) ? older.get(role) : config.get(role);
            if (token != null && !token.isJsonNull()) {
                roles.put(role, AddedToken.parse(folder, token, true));
            }
        }
        return roles;
    }

    /** What tokenizer_config.json, or added_tokens.json before it, declares: tokens by id. */
    private static Map<Long, AddedToken> declaredTokens(Path folder, JsonObject config) {
        Map<Long, AddedToken> tokens = new TreeMap<>();
        if (config.get("added_tokens_decoder") instanceof JsonObject decoder) {
            for (Map.Entry<String, JsonElement> entry : decoder.entrySet()) {
                AddedToken token = AddedToken.parse(folder, entry.getValue(), false);
                tokens.put(id(folder, token.content(), new JsonPrimitive(entry.getKey())), token);
            }
            return tokens;
        }
        for (Map.Entry<String, JsonElement> entry :
                readOptional(folder.resolve("added_tokens.json")).entrySet()) {
            String content = entry.getKey();
            tokens.put(
                    id(folder, content, entry.getValue()),
                    new AddedToken(content, false, false, false, true, false));
        }
        return tokens;
    }

    private static long padId(
            Vocabulary vocabulary, Map<String, AddedToken> roles, @Nullable String padToken) {
        AddedToken pad = padToken != null ? AddedToken.special(padToken) : roles.get("pad_token");
        List<String> candidates = new ArrayList<>();
        if (pad != null) {
            candidates.add(pad.content());
        } else {
            candidates.add("<pad>");
            for (String role : List.of("eos_token", "unk_token")) {
                AddedToken token = roles.get(role);
                if (token != null) {
                    candidates.add(token.content());
                }
            }
            // A tokenizer.json alone does not say which token ends the text.
            candidates.addAll(List.of("</s>", "<|endoftext|>", "<unk>"));
        }
        for (String candidate : candidates) {
            Long id = vocabulary.id(candidate);
            if (id != null) {
                return id;
            }
        }
        throw new EllaException(
                vocabulary.file
                        + ": the vocabulary has no padding token (looked for "
                        + String.join(", ", candidates)
                        + "). Name one of its tokens as the padding token.");
    }

    /** The ids in a {@code tokenizer.json}, and its added tokens. */
    private static final class Vocabulary {
        private final Path file;
        private final @Nullable JsonElement vocab;
        private final JsonArray added;
        private final Map<String, Long> addedIds = new LinkedHashMap<>();

        Vocabulary(Path file, JsonObject tokenizer) {
            this.file = file;
            if (!(tokenizer.get("model") instanceof JsonObject model)) {
                throw new EllaException(
                        file
                                + ": no \"model\" object, so this is not a tokenizer.json. Download the file"
                                + " again.");
            }
            vocab = model.get("vocab");
            if (!(tokenizer.get("added_tokens") instanceof JsonArray)) {
                tokenizer.add("added_tokens", new JsonArray());
            }
            added = tokenizer.getAsJsonArray("added_tokens");
            for (JsonElement token : added) {
                AddedToken parsed = AddedToken.parse(file, token, false);
                JsonElement id = token instanceof JsonObject object ? object.get("id") : null;
                addedIds.put(parsed.content(), TokenizerFiles.id(file, parsed.content(), id));
            }
        }

        @Nullable Long id(String content) {
            Long id = addedIds.get(content);
            if (id != null) {
                return id;
            }
            if (vocab instanceof JsonObject byText && byText.has(content)) {
                return TokenizerFiles.id(file, content, byText.get(content));
            }
            if (vocab instanceof JsonArray entries) {
                for (int i = 0; i < entries.size(); i++) {
                    if (entries.get(i) instanceof JsonArray entry
                            && !entry.isEmpty()
                            && content.equals(AddedToken.string(entry.get(0)))) {
                        return (long) i;
                    }
                }
            }
            return null;
        }

        void add(AddedToken token, long id) {
            if (addedIds.putIfAbsent(token.content(), id) == null) {
                added.add(token.toJson(id));
            }
        }

        /** Adds those that have an id and are not there yet; says whether there were any. */
        boolean add(Iterable<AddedToken> tokens) {
            Map<String, AddedToken> missing = new LinkedHashMap<>();
            for (AddedToken token : tokens) {
                if (!addedIds.containsKey(token.content())) {
                    missing.put(token.content(), token);
                }
            }
            int before = added.size();
            for (AddedToken token : missing.values()) {
                Long id = id(token.content());
                if (id != null) {
                    add(token, id);
                }
            }
            return added.size() > before;
        }
    }

    // Reading

    /** An id as JSON has it: a number, or a string of digits. */
    static long id(Path file, String content, @Nullable JsonElement json) {
        try {
            if (json instanceof JsonPrimitive primitive) {
                long id = Long.parseLong(primitive.getAsString());
                if (id >= 0 && id <= Integer.MAX_VALUE) {
                    return id;
                }
            }
        } catch (NumberFormatException e) {
            // The same message as for any other value.
        }
        throw new EllaException(
                file
                        + ": the token \""
                        + content
                        + "\" has the id "
                        + json
                        + "; an integer from 0 was expected. Download the file again.");
    }

    private static JsonObject readOptional(Path file) {
        return Files.isRegularFile(file) ? parseObject(file, readText(file)) : new JsonObject();
    }

    private static JsonObject parseObject(Path file, String text) {
        try {
            if (JsonParser.parseString(text) instanceof JsonObject object) {
                return object;
            }
        } catch (JsonParseException e) {
            throw new EllaException(
                    file + ": not valid JSON (" + e.getMessage() + "). Download the file again.",
                    e);
        }
        throw new EllaException(file + ": a JSON object was expected. Download the file again.");
    }

    private static String readText(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new EllaException(
                    file
                            + " cannot be read as UTF-8 text ("
                            + e
                            + "). Check its permissions, or download it again.",
                    e);
        }
    }
}
