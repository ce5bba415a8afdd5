package io.ella.train.evaluation;

import io.ella.train.scenes.Fact;
import io.ella.train.scenes.Judged;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;

/**
 * Facts counted by kind. Immutable.
 *
 * @param right how many are right; a kind without facts is absent
 * @param facts how many there are
 */
record Tally(Map<Fact.Kind, Integer> right, Map<Fact.Kind, Integer> facts) {
    static final Tally NONE = new Tally(Map.of(), Map.of());

    Tally {
        right = Map.copyOf(right);
        facts = Map.copyOf(facts);
    }

    static Tally of(Collection<Judged> judged) {
        Map<Fact.Kind, Integer> right = new EnumMap<>(Fact.Kind.class);
        Map<Fact.Kind, Integer> facts = new EnumMap<>(Fact.Kind.class);
        for (Judged one : judged) {
            right.merge(one.fact().kind(), one.right() ? 1 : 0, Integer::sum);
            facts.merge(one.fact().kind(), 1, Integer::sum);
        }
        return new Tally(right, facts);
    }

    Tally plus(Tally other) {
        return new Tally(sum(right, other.right), sum(facts, other.facts));
    }

    private static Map<Fact.Kind, Integer> sum(
            Map<Fact.Kind, Integer> a, Map<Fact.Kind, Integer> b) {
        Map<Fact.Kind, Integer> sum = new EnumMap<>(Fact.Kind.class);
        sum.putAll(a);
        b.forEach((kind, count) -> sum.merge(kind, count, Integer::sum));
        return sum;
    }

    int right(Fact.Kind kind) {
        return right.getOrDefault(kind, 0);
    }

    int facts(Fact.Kind kind) {
        return facts.getOrDefault(kind, 0);
    }
}
