package io.ella.encoders;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ella.core.EllaException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A token that is found in the text before the model splits it; transformers' class of that name.
 *
 * @param content its text
 * @param singleWord only as a whole word
 * @param lstrip takes the white space before it
 * @param rstrip takes the white space after it
 * @param normalized looked for in the normalized (lowercased) text
 * @param special not text: a start, an end, padding
 */
record AddedToken(
        String content,
        boolean singleWord,
        boolean lstrip,
        boolean rstrip,
        boolean normalized,
        boolean special) {

    static AddedToken special(String content) {
        return new AddedToken(content, false, false, false, false, true);
    }

    /** As transformers' configuration files have it: a string, or an object with flags. */
    static AddedToken parse(Path file, JsonElement json, boolean special) {
        String text = string(json);
        if (text != null) {
            return special(text);
        }
        String content = json instanceof JsonObject object ? string(object.get("content")) : null;
        if (content == null) {
            throw new EllaException(
                    file
                            + ": "
                            + json
                            + " where a special token was expected: a string, or an object with \"content\"."
                            + " Download the file again.");
        }
        JsonObject object = json.getAsJsonObject();
        return new AddedToken(
                content,
                isTrue(object, "single_word"),
                isTrue(object, "lstrip"),
                isTrue(object, "rstrip"),
                isTrue(object, "normalized"),
                special || isTrue(object, "special"));
    }

    /** An entry of {@code added_tokens} in {@code tokenizer.json}. */
    JsonObject toJson(long id) {
        JsonObject json = new JsonObject();
        json.addProperty("id", id);
        json.addProperty("content", content);
        json.addProperty("single_word", singleWord);
        json.addProperty("lstrip", lstrip);
        json.addProperty("rstrip", rstrip);
        json.addProperty("normalized", normalized);
        json.addProperty("special", special);
        return json;
    }

    static @Nullable String string(@Nullable JsonElement json) {
        return json instanceof JsonPrimitive primitive && primitive.isString()
                ? primitive.getAsString()
                : null;
    }

    private static boolean isTrue(JsonObject object, String flag) {
        return object.get(flag) instanceof JsonPrimitive value
                && value.isBoolean()
                && value.getAsBoolean();
    }
}
