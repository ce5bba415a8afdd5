package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReferencesTest {
    private static final List<Fact> FACTS =
            List.of(
                    new Fact.AnObject(1, Colour.RED, Shape.SQUARE),
                    new Fact.AnObject(0, Colour.BLUE, Shape.SQUARE),
                    new Fact.AnObject(2, Colour.BLUE, Shape.STAR));

    private static int[] antecedents(String text) {
        return References.of(new Caption(text, FACTS)).antecedents();
    }

    /** The words of a caption that refer to an earlier one, and that. */
    private static List<String> found(String text) {
        int[] antecedents = antecedents(text);
        List<String> words = SceneVocabulary.words(text);
        assertThat(antecedents).hasSameSizeAs(words);
        return IntStream.range(0, antecedents.length)
                .filter(i -> antecedents[i] >= 0)
                .mapToObj(i -> words.get(i) + i + ">" + words.get(antecedents[i]) + antecedents[i])
                .toList();
    }

    @Test
    void aReferenceGoesBackToTheNounThatNamedTheObjectFirst() {
        assertThat(found("a small red dotted square. below the square there is a blue square."))
                .containsExactly("square8>square4");
        assertThat(found("a red square. a blue star. the blue star is left of the red square."))
                .containsExactly("blue9>blue5", "star10>star6", "red15>red1", "square16>square2");
        assertThat(found("a red square. a blue star. the blue one is left of the red one."))
                .containsExactly("blue9>blue5", "one10>star6", "red15>red1", "one16>square2");
        assertThat(found("a red square. the square is large. the square is at the top."))
                .containsExactly("square5>square2", "square10>square2");
    }

    @Test
    void whatFitsTwoObjectsOrNoneHasNoAntecedent() {
        assertThat(found("a red square. a blue square. the square is large.")).isEmpty();
        assertThat(found("a red square. a blue square. the blue square is large."))
                .containsExactly("blue9>blue5", "square10>square6");
        assertThat(found("the square is red. a red square.")).isEmpty();
        assertThat(found("a red square. the green square. the circle. the one. it is large."))
                .isEmpty();
        assertThat(found("a red square. the background is blue. there is only one object."))
                .isEmpty();
    }

    @Test
    void objectsCountInTheOrderInWhichTheyAreNamed() {
        String text = "a red square. a blue square. the red square is below the blue one.";
        assertThat(References.of(new Caption(text, FACTS)).objects())
                .containsExactly(-1, 0, 0, -1, -1, 1, 1, -1, -1, 0, 0, -1, -1, -1, 1, 1, -1);
    }

    @Test
    void whatASentenceSaysOfTwoMakesThemPartners() {
        int[] partners =
                References.of(
                                new Caption(
                                        "a red square. above it is a blue star. the star is large. below the square there is a blue square.",
                                        FACTS))
                        .partners();
        int[] expected = new int[partners.length];
        Arrays.fill(expected, -1);
        expected[5] = 9; // it, star
        expected[9] = 5;
        expected[18] = 23; // square, square
        expected[23] = 18;
        assertThat(partners).containsExactly(expected);
    }

    @Test
    void everyReferenceOfDenseCaptionsIsFound() {
        SceneSampler scenes = SceneSampler.training(3);
        int references = 0;
        for (int i = 0; i < 200; i++) {
            Caption caption = DenseCaption.of(scenes.scene(i), i);
            List<String> words = SceneVocabulary.words(caption.text());
            int[] antecedents = References.of(caption).antecedents();
            for (int w = 0; w < antecedents.length; w++) {
                boolean refers = refers(words, w) || isColourOfReference(words, w);
                assertThat(antecedents[w] >= 0).as("%d in %s", w, caption.text()).isEqualTo(refers);
                references += refers ? 1 : 0;
                assertThat(antecedents[w]).isLessThan(w);
            }
        }
        assertThat(references).isGreaterThan(200);
    }

    private static boolean isColourOfReference(List<String> words, int at) {
        boolean colour =
                Arrays.stream(Colour.values()).anyMatch(c -> c.word().equals(words.get(at)));
        return colour && at + 1 < words.size() && refers(words, at + 1);
    }

    /** Whether a word is "one" or a shape, after "the" or "the" and a colour. */
    private static boolean refers(List<String> words, int at) {
        boolean shape = Arrays.stream(Shape.values()).anyMatch(s -> s.word().equals(words.get(at)));
        boolean one = words.get(at).equals("one");
        boolean direct = at > 0 && words.get(at - 1).equals("the");
        boolean coloured = at > 1 && words.get(at - 2).equals("the");
        return (shape && (direct || coloured)) || (one && coloured && !direct);
    }
}
