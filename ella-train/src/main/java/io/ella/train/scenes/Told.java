package io.ella.train.scenes;

import java.util.List;

/**
 * What a caption tells of each object, in the order in which it names them: the words of {@link
 * Mentions}, and how the object lies to each of the others. It is what somebody would be asked who
 * is to show that he has understood the text.
 */
public final class Told {
    private static final List<Relation> RELATIONS = List.of(Relation.values());

    /** How many answers there are of each object: 1 for what is told, 0 for what is not. */
    public static final int ANSWERS = Mentions.WORDS + Scene.MAX_OBJECTS * RELATIONS.size();

    private Told() {}

    /**
     * Answers.
     *
     * @param facts of a caption
     * @param answers takes {@code [Scene.MAX_OBJECTS, ANSWERS]} in row-major order; zero where they
     *     begin
     * @param offset the index of the first value
     */
    public static void of(List<Fact> facts, float[] answers, int offset) {
        List<Integer> order = order(facts);
        for (int i = 0; i < order.size(); i++) {
            Mentions.say(facts, order.get(i), answers, offset + i * ANSWERS);
        }
        for (Fact fact : facts) {
            if (fact instanceof Fact.Related f) {
                int subject = order.indexOf(f.subject());
                int other = order.indexOf(f.other());
                answers[offset + lies(subject, f.relation(), other)] = 1;
                answers[offset + lies(other, f.relation().inverse(), subject)] = 1;
            }
        }
    }

    /** {@return the numbers of the objects, in the order in which they are named} */
    static List<Integer> order(List<Fact> facts) {
        return facts.stream()
                .filter(Fact.AnObject.class::isInstance)
                .map(fact -> ((Fact.AnObject) fact).object())
                .toList();
    }

    private static int lies(int subject, Relation relation, int other) {
        int first = subject * ANSWERS + Mentions.WORDS;
        return first + other * RELATIONS.size() + RELATIONS.indexOf(relation);
    }
}
