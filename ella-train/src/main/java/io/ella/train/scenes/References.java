package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which words of a dense caption mean the same object, and which are said of each other. In {@code
 * there is a blue square. above the square there is a triangle} the second {@code square} has the
 * first as its antecedent, and {@code triangle} as its partner.
 */
public final class References {
    /** Words between a colour and its noun, and one. */
    private static final int REACH = 2;

    private final List<String> words;
    private final List<Named> named = new ArrayList<>();

    private References(Caption caption) {
        words = SceneVocabulary.words(caption.text());
        for (Fact fact : caption.facts()) {
            if (fact instanceof Fact.AnObject object) {
                int noun = Mentions.noun(object.colour(), object.shape(), words);
                if (noun >= 0) {
                    int from = Math.max(0, noun - REACH);
                    String colour = object.colour().word();
                    int at = from + words.subList(from, noun).lastIndexOf(colour);
                    named.add(new Named(object, noun, at));
                }
            }
        }
    }

    /** An object and the tokens that name it first. */
    private record Named(Fact.AnObject object, int noun, int colour) {}

    /**
     * Finds the words that named objects first. "It" is not looked for: it is nearly always the
     * object that was named last.
     *
     * @param caption as {@link DenseCaption} writes it
     * @return for each token of {@link SceneVocabulary} that refers to an object, a noun or "one",
     *     the number of the noun that named it first; for a colour before it that of the first
     *     colour; -1 for any other
     */
    public static int[] antecedents(Caption caption) {
        References found = new References(caption);
        int[] antecedents = found.none();
        for (int i = 0; i < antecedents.length; i++) {
            Named referent = found.referent(i);
            if (referent != null) {
                antecedents[i] = referent.noun;
                if (found.isColoured(i)) {
                    antecedents[i - 1] = referent.colour;
                }
            }
        }
        return antecedents;
    }

    /**
     * Finds the objects that words mean, "it" left out.
     *
     * @param caption as {@link DenseCaption} writes it
     * @return for each noun and colour that names an object or refers to one the object's number,
     *     from 0, in the order in which they are named; -1 for any other token
     */
    public static int[] objects(Caption caption) {
        References found = new References(caption);
        int[] objects = found.none();
        for (int i = 0; i < found.named.size(); i++) {
            objects[found.named.get(i).noun] = i;
            objects[found.named.get(i).colour] = i;
        }
        for (int i = 0; i < objects.length; i++) {
            Named referent = found.referent(i);
            if (referent != null) {
                objects[i] = found.named.indexOf(referent);
                if (found.isColoured(i)) {
                    objects[i - 1] = objects[i];
                }
            }
        }
        return objects;
    }

    /**
     * Finds the two that a sentence is about.
     *
     * @param caption as {@link DenseCaption} writes it
     * @return for each noun, "one" or "it" that names or means an object the number of the other of
     *     its sentence; -1 where there is none or more than one, and for any other token
     */
    public static int[] partners(Caption caption) {
        References found = new References(caption);
        int[] partners = found.none();
        List<Integer> sentence = new ArrayList<>();
        for (int i = 0; i < partners.length; i++) {
            if (found.means(i)) {
                sentence.add(i);
            } else if (found.words.get(i).equals(".")) {
                if (sentence.size() == 2) {
                    partners[sentence.get(0)] = sentence.get(1);
                    partners[sentence.get(1)] = sentence.get(0);
                }
                sentence.clear();
            }
        }
        return partners;
    }

    private int[] none() {
        int[] none = new int[words.size()];
        Arrays.fill(none, -1);
        return none;
    }

    private boolean means(int token) {
        return words.get(token).equals("it")
                || named.stream().anyMatch(n -> n.noun == token)
                || referent(token) != null;
    }

    /** What "the square", "the blue square" or "the blue one" refers to, by its last word. */
    private @Nullable Named referent(int token) {
        boolean isReference =
                isColoured(token) || (token > 0 && words.get(token - 1).equals("the"));
        List<Named> fits =
                isReference
                        ? named.stream().filter(n -> n.noun < token && fits(n, token)).toList()
                        : List.of();
        return fits.size() == 1 ? fits.get(0) : null;
    }

    private boolean fits(Named candidate, int token) {
        String noun = words.get(token);
        boolean isShape = candidate.object.shape().word().equals(noun);
        return isColoured(token)
                ? candidate.object.colour().word().equals(words.get(token - 1))
                        && (isShape || noun.equals("one"))
                : isShape;
    }

    /** Whether a word stands after "the" and another. */
    private boolean isColoured(int token) {
        return token > 1 && words.get(token - 2).equals("the");
    }
}
