package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToldTest {
    /** Of the third object of the scene first, and of its second. */
    private static final List<Fact> FACTS =
            List.of(
                    new Fact.AnObject(2, Colour.RED, Shape.CIRCLE),
                    new Fact.OfColour(2, Colour.RED),
                    new Fact.AnObject(1, Colour.BLUE, Shape.SQUARE),
                    new Fact.Related(1, Relation.ABOVE, 2));

    @Test
    void objectsAreAskedForInTheOrderInWhichTheyAreNamed() {
        float[] answers = answers(0);
        float[] first = new float[Mentions.WORDS];
        float[] second = new float[Mentions.WORDS];
        Mentions.say(FACTS, 2, first, 0);
        Mentions.say(FACTS, 1, second, 0);
        assertThat(answers).startsWith(first);
        assertThat(slice(answers, Told.ANSWERS)).startsWith(second);
        assertThat(first).isNotEqualTo(second);
    }

    @Test
    void aRelationIsToldOfBothObjects() {
        float[] answers = answers(0);
        float[] of = slice(answers, Mentions.WORDS);
        // of the first: how it lies to itself, then to the second
        assertThat(of).startsWith(0, 0, 0, 0, 0, 0, 0, 1);
        assertThat(slice(answers, Told.ANSWERS + Mentions.WORDS)).startsWith(0, 0, 1, 0, 0);
        assertThat(List.of(Relation.values()))
                .containsExactly(
                        Relation.LEFT_OF, Relation.RIGHT_OF, Relation.ABOVE, Relation.BELOW);
    }

    @Test
    void ofOtherObjectsNothingIsTold() {
        float[] answers = answers(5);
        assertThat(answers).startsWith(0, 0, 0, 0, 0);
        assertThat(slice(answers, 5 + 2 * Told.ANSWERS)).containsOnly(0);
    }

    private static float[] answers(int offset) {
        float[] answers = new float[offset + Scene.MAX_OBJECTS * Told.ANSWERS];
        Told.of(FACTS, answers, offset);
        return answers;
    }

    private static float[] slice(float[] values, int from) {
        return Arrays.copyOfRange(values, from, values.length);
    }
}
