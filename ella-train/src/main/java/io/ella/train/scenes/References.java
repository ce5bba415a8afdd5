package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which words of a dense caption mean the same object, and which are said of each other. In {@code
 * there is a blue square. above the square there is a triangle} the second {@code square} has the
 * first as its antecedent, and {@code triangle} as its partner. Immutable.
 */
public final class References {
    private static final int NONE = -1;

    private final List<String> words;
    private final List<Named> named;

    /** For each token the number of the object that it means as a noun or "one". */
    private final int[] nouns;

    private References(List<String> words, List<Named> named) {
        this.words = words;
        this.named = named;
        this.nouns = new int[words.size()];
        Arrays.setAll(nouns, this::meant);
    }

    /** An object and the tokens that name it first. */
    private record Named(Fact.AnObject object, int noun, int colour) {}

    /**
     * {@return the references of a caption}
     *
     * @param caption as {@link DenseCaption} writes it
     */
    public static References of(Caption caption) {
        List<String> words = SceneVocabulary.words(caption.text());
        List<Named> named = new ArrayList<>();
        for (Fact fact : caption.facts()) {
            if (fact instanceof Fact.AnObject object) {
                int noun = Mentions.noun(object.colour(), object.shape(), words);
                if (noun >= 0) {
                    int from = Math.max(0, noun - Mentions.REACH);
                    String colour = object.colour().word();
                    int at = from + words.subList(from, noun).lastIndexOf(colour);
                    named.add(new Named(object, noun, at));
                }
            }
        }
        return new References(words, named);
    }

    /**
     * {@return for each token of {@link SceneVocabulary} that refers to an object, a noun or "one",
     * the number of the noun that named it first; for a colour before it that of the first colour;
     * -1 for any other}
     *
     * <p>"It" is not among these: it is nearly always the object that was named last.
     */
    public int[] antecedents() {
        int[] antecedents = none();
        for (int i = 0; i < nouns.length; i++) {
            if (nouns[i] >= 0 && i != named.get(nouns[i]).noun) {
                antecedents[i] = named.get(nouns[i]).noun;
                if (colour(i) >= 0) {
                    antecedents[colour(i)] = named.get(nouns[i]).colour;
                }
            }
        }
        return antecedents;
    }

    /**
     * {@return for each noun, "one" and colour that names an object or refers to one the object's
     * number, from 0, in the order in which they are named; -1 for any other token}
     */
    public int[] objects() {
        int[] objects = nouns.clone();
        for (int i = 0; i < nouns.length; i++) {
            if (colour(i) >= 0) {
                objects[colour(i)] = nouns[i];
            }
        }
        return objects;
    }

    /**
     * {@return for each noun, "one" or "it" that names or means an object the number of the other
     * of its sentence; -1 where there is none or more than one, and for any other token}
     */
    public int[] partners() {
        int[] partners = none();
        List<Integer> sentence = new ArrayList<>();
        for (int i = 0; i < partners.length; i++) {
            if (nouns[i] >= 0 || words.get(i).equals("it")) {
                sentence.add(i);
            } else if (words.get(i).equals(".")) {
                if (sentence.size() == 2) {
                    partners[sentence.get(0)] = sentence.get(1);
                    partners[sentence.get(1)] = sentence.get(0);
                }
                sentence.clear();
            }
        }
        return partners;
    }

    /** The token of the colour that stands with a noun, or -1. */
    private int colour(int noun) {
        if (nouns[noun] < 0) {
            return NONE;
        }
        Named object = named.get(nouns[noun]);
        if (noun == object.noun) {
            return object.colour;
        }
        return isColoured(noun) ? noun - 1 : NONE;
    }

    private int[] none() {
        int[] none = new int[words.size()];
        Arrays.fill(none, NONE);
        return none;
    }

    /**
     * The object that a token names first, or that "the square", "the blue one" refers to by it.
     */
    private int meant(int token) {
        boolean isReference =
                isColoured(token) || (token > 0 && words.get(token - 1).equals("the"));
        int found = NONE;
        for (int object = 0; object < named.size(); object++) {
            Named candidate = named.get(object);
            if (candidate.noun == token) {
                return object;
            }
            if (isReference && candidate.noun < token && fits(candidate, token)) {
                if (found >= 0) {
                    return NONE; // of two
                }
                found = object;
            }
        }
        return found;
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
