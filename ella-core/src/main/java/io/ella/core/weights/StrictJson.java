package io.ella.core.weights;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.ella.core.EllaException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * JSON as the checkpoints' files must have it: strict UTF-8, strict grammar, no key twice.
 *
 * <p>Every error names the file and the place. Not thread-safe.
 */
final class StrictJson {

    /** Reads the value of one key. */
    @FunctionalInterface
    interface Field {
        void read(String key) throws IOException;
    }

    private final JsonReader in;
    private final String file;

    /**
     * Decodes the text.
     *
     * @param file what messages call the file
     * @param offset where the bytes begin in the file
     * @param bytes the text
     */
    StrictJson(String file, long offset, ByteBuffer bytes) {
        this.file = file;
        CharsetDecoder decoder =
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT);
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        int start = bytes.position();
        CoderResult result = decoder.decode(bytes, text, true);
        if (result.isError()) {
            throw new EllaException(
                    "%s: byte %d is not UTF-8. The file is damaged; fetch it again."
                            .formatted(file, offset + bytes.position() - start));
        }
        in = new JsonReader(new StringReader(text.flip().toString()));
        in.setStrictness(Strictness.STRICT);
    }

    /** Reads the whole text as one object. */
    void document(Field field) {
        try {
            object("the text", field);
            if (in.peek() != JsonToken.END_DOCUMENT) {
                throw error("something follows the object");
            }
        } catch (IOException e) {
            // Gson's own message advises to be lenient; the place is what matters.
            throw new EllaException(
                    "%s: malformed JSON %s. The file is damaged; fetch it again."
                            .formatted(file, place()),
                    e);
        }
    }

    void object(String what, Field field) throws IOException {
        expect(JsonToken.BEGIN_OBJECT, what, "an object");
        in.beginObject();
        Set<String> keys = new HashSet<>();
        while (in.hasNext()) {
            String key = in.nextName();
            if (!keys.add(key)) {
                throw error("key \"" + key + "\" appears twice");
            }
            field.read(key);
        }
        in.endObject();
    }

    Map<String, String> strings(String what) throws IOException {
        Map<String, String> map = new LinkedHashMap<>();
        object(what, key -> map.put(key, string("\"" + key + "\" of " + what)));
        return map;
    }

    String string(String what) throws IOException {
        expect(JsonToken.STRING, what, "a string");
        return in.nextString();
    }

    /** A list of whole numbers from 0 to the largest long. */
    List<Long> sizes(String what) throws IOException {
        expect(JsonToken.BEGIN_ARRAY, what, "an array of whole numbers");
        in.beginArray();
        List<Long> sizes = new ArrayList<>();
        while (in.hasNext()) {
            expect(JsonToken.NUMBER, what, "an array of whole numbers");
            String digits = in.nextString();
            try {
                if (!digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
                    throw new NumberFormatException(digits);
                }
                sizes.add(Long.parseLong(digits));
            } catch (NumberFormatException e) {
                throw error(
                        "%s holds %s, expected whole numbers from 0 to 2^63 - 1"
                                .formatted(what, digits));
            }
        }
        in.endArray();
        return sizes;
    }

    void skip() throws IOException {
        in.skipValue();
    }

    EllaException error(String problem) {
        return new EllaException(
                "%s: %s %s. The file is damaged or was not written as the format says."
                        .formatted(file, problem, place()));
    }

    private void expect(JsonToken token, String what, String expected) throws IOException {
        JsonToken found = in.peek();
        if (found != token) {
            throw error("%s is %s, expected %s".formatted(what, found, expected));
        }
    }

    private String place() {
        String text = in.toString();
        return "(JSON " + text.substring(text.indexOf(' ') + 1) + ")";
    }
}
