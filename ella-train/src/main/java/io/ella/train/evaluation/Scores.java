package io.ella.train.evaluation;

import io.ella.train.scenes.Fact;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Estimates of one arm, or of the difference of two. Immutable.
 *
 * @param prompts how many went into them
 * @param byKind for each kind of fact
 * @param overall over all facts, of whatever kind
 */
public record Scores(int prompts, Map<Fact.Kind, Estimate> byKind, Estimate overall) {
    /** Copies. */
    public Scores {
        byKind = Map.copyOf(byKind);
    }

    /**
     * {@return the estimate of one kind; NaN if nothing of that kind was asked for}
     *
     * @param kind of fact
     */
    public Estimate of(Fact.Kind kind) {
        return byKind.getOrDefault(kind, Estimate.NONE);
    }

    static Scores of(Collection<Tally> tallies) {
        Bootstrap bootstrap = new Bootstrap(tallies.size());
        return of(tallies.size(), kinds -> bootstrap.share(counts(tallies, kinds)));
    }

    /** {@return one less the other; both are of the same prompts, in the same order} */
    static Scores difference(Collection<Tally> one, Collection<Tally> other) {
        Bootstrap bootstrap = new Bootstrap(one.size());
        return of(
                one.size(),
                kinds -> bootstrap.difference(counts(one, kinds), counts(other, kinds)));
    }

    private static Scores of(int prompts, Function<List<Fact.Kind>, Estimate> estimate) {
        Map<Fact.Kind, Estimate> byKind = new EnumMap<>(Fact.Kind.class);
        for (Fact.Kind kind : Fact.Kind.values()) {
            byKind.put(kind, estimate.apply(List.of(kind)));
        }
        return new Scores(prompts, byKind, estimate.apply(List.of(Fact.Kind.values())));
    }

    private static Bootstrap.Counts counts(Collection<Tally> tallies, List<Fact.Kind> kinds) {
        return new Bootstrap.Counts(
                tallies.stream().mapToLong(t -> kinds.stream().mapToLong(t::right).sum()).toArray(),
                tallies.stream()
                        .mapToLong(t -> kinds.stream().mapToLong(t::facts).sum())
                        .toArray());
    }
}
