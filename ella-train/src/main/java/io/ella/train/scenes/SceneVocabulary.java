package io.ella.train.scenes;

import io.ella.core.EllaException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The words of the captions, each with an id, the same in every {@linkplain SceneTokenizers
 * tokenizer}. Ids begin with the special tokens; then come punctuation and words, some of them
 * spare; last {@value #SENTINELS} sentinels for T5's span corruption.
 */
public final class SceneVocabulary {
    /** Fills batches up (T5, Llama). */
    public static final int PAD = 0;

    /** Ends a text (T5, CLIP; CLIP also pads with it). */
    public static final int EOS = 1;

    /** Any word that is not here. */
    public static final int UNK = 2;

    /** Begins a text (Llama, CLIP). */
    public static final int BOS = 3;

    /** How many sentinels there are. */
    public static final int SENTINELS = 32;

    static final List<String> SPECIAL = List.of("<pad>", "</s>", "<unk>", "<s>");

    private static final String WORDS =
            """
            . , a an the there is are it them one two three four five six only
            circle square triangle star cross ring
            red orange yellow green blue purple pink brown white black
            small medium sized large big
            plain striped dotted checkered
            gray beige mint lavender teal olive
            on in at to of and with background against behind everything
            left right above below under top bottom center middle corner side
            picture image photo shows we see you can
            object objects thing things other others else nothing all among also
            circles squares triangles stars crosses rings stripes dots checks
            grey backdrop tiny huge little colored colour color solid upper lower
            over beneath next between near from both each that this which its has have no not
            shape shapes figure scene drawing seven eight nine ten
            """;

    private static final Pattern TOKEN = Pattern.compile("<\\w+>|</s>|\\w+|[^\\w\\s]");

    private static final List<String> TOKENS = tokens();
    private static final Map<String, Integer> IDS = ids();

    private SceneVocabulary() {}

    /**
     * All tokens; the index is the id.
     *
     * @return special tokens, words, sentinels
     */
    public static List<String> tokenList() {
        return TOKENS;
    }

    /**
     * The size of embeddings.
     *
     * @return the number of tokens
     */
    public static int size() {
        return TOKENS.size();
    }

    /**
     * A sentinel, {@code <extra_id_N>}. Unlike in T5's own vocabulary they ascend.
     *
     * @param n 0 to {@value #SENTINELS}, exclusive
     * @return its id
     * @throws EllaException if there is no such sentinel
     */
    public static int sentinel(int n) {
        if (n < 0 || n >= SENTINELS) {
            throw new EllaException(
                    "Sentinel "
                            + n
                            + " was asked for; there are 0 to "
                            + (SENTINELS - 1)
                            + ". Corrupt fewer spans.");
        }
        return TOKENS.size() - SENTINELS + n;
    }

    /**
     * The ids of a text without any special tokens added: what a tokenizer of {@link
     * SceneTokenizers} puts between them.
     *
     * @param text any
     * @return an id for each word and punctuation mark, {@link #UNK} for unknown ones
     */
    public static int[] encode(String text) {
        return words(text).stream().mapToInt(word -> IDS.getOrDefault(word, UNK)).toArray();
    }

    /** {@return what a text is cut into: a token each} */
    static List<String> words(String text) {
        return TOKEN.matcher(text.toLowerCase(Locale.ROOT))
                .results()
                .map(MatchResult::group)
                .toList();
    }

    private static List<String> tokens() {
        List<String> tokens = new ArrayList<>(SPECIAL);
        tokens.addAll(List.of(WORDS.strip().split("\\s+")));
        for (int i = 0; i < SENTINELS; i++) {
            tokens.add("<extra_id_" + i + ">");
        }
        return List.copyOf(tokens);
    }

    private static Map<String, Integer> ids() {
        Map<String, Integer> ids = new HashMap<>();
        for (int i = 0; i < TOKENS.size(); i++) {
            ids.put(TOKENS.get(i), i);
        }
        return Map.copyOf(ids);
    }
}
