package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a caption says of each object of a scene, and which of its tokens has read it.
 *
 * <p>A causal text encoder knows at a token what came before it. So that is not the noun where a
 * place or a relation follows it, but the last word of this: in {@code a red circle to the left of
 * a blue square} it is {@code of}, and {@code square} for the other object.
 */
public final class Mentions {
    private static final List<Enum<?>> SAYABLE =
            Stream.<Enum<?>[]>of(
                            Shape.values(),
                            Texture.values(),
                            Size.values(),
                            Colour.values(),
                            Place.values(),
                            Relation.values())
                    .<Enum<?>>flatMap(Arrays::stream)
                    .toList();

    /** How many words can be said of an object: attributes, places, relations. */
    public static final int WORDS = SAYABLE.size();

    /** A texture may stand between a colour and the shape. */
    static final int REACH = 2;

    /** What places and relations are made of. */
    private static final Set<String> WHERE =
            Set.of(
                    "in", "at", "on", "to", "of", "the", "left", "right", "top", "bottom", "center",
                    "middle", "corner", "side", "above", "below", "under");

    private Mentions() {}

    /**
     * Finds the tokens.
     *
     * @param scene what the caption is about
     * @param caption as {@link ShortCaption} writes it
     * @return for each object of the scene the number of the token of {@link SceneVocabulary} at
     *     which all has been said of it that is said where it is named first, or -1 if it is not
     *     named
     */
    public static int[] tokens(Scene scene, String caption) {
        List<String> words = SceneVocabulary.words(caption);
        return scene.objects().stream().mapToInt(object -> last(object, words)).toArray();
    }

    private static int last(SceneObject object, List<String> words) {
        int token = noun(object.colour(), object.shape(), words);
        if (token < 0) {
            return token;
        }
        while (token + 1 < words.size() && WHERE.contains(words.get(token + 1))) {
            token++;
        }
        return words.get(token).equals("on") ? token - 1 : token; // of a background
    }

    /** {@return the number of the noun that names an object first, or -1 if none does} */
    static int noun(Colour colour, Shape shape, List<String> words) {
        for (int i = 0; i < words.size(); i++) {
            List<String> before = words.subList(Math.max(0, i - REACH), i);
            if (words.get(i).equals(shape.word()) && before.contains(colour.word())) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Says what is said of an object: 1 for a word that is, such as {@link Relation#RIGHT_OF} for
     * the {@code square} above.
     *
     * @param facts of a caption
     * @param object its number
     * @param words takes {@link #WORDS} values; zero where they begin
     * @param offset the index of the first value
     */
    public static void say(List<Fact> facts, int object, float[] words, int offset) {
        said(facts, object).forEach(word -> words[offset + SAYABLE.indexOf(word)] = 1);
    }

    static List<Enum<?>> said(List<Fact> facts, int object) {
        List<Enum<?>> said = new ArrayList<>();
        for (Fact fact : facts) {
            Enum<?> word = word(fact, object);
            if (word != null) {
                said.add(word);
            }
        }
        return said;
    }

    private static @Nullable Enum<?> word(Fact fact, int object) {
        if (fact instanceof Fact.OfShape f && f.object() == object) {
            return f.shape();
        } else if (fact instanceof Fact.OfTexture f && f.object() == object) {
            return f.texture();
        } else if (fact instanceof Fact.OfSize f && f.object() == object) {
            return f.size();
        } else if (fact instanceof Fact.OfColour f && f.object() == object) {
            return f.colour();
        } else if (fact instanceof Fact.At f && f.object() == object) {
            return f.place();
        } else if (fact instanceof Fact.Related f && f.subject() == object) {
            return f.relation();
        } else if (fact instanceof Fact.Related f && f.other() == object) {
            return f.relation().inverse();
        }
        return null;
    }
}
