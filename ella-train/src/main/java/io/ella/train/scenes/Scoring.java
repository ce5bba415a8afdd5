package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Checks the facts of one caption against one picture. */
final class Scoring {
    /** What an object is called counts more than how it looks. */
    private static final int NAME = 3;

    /** Objects seen that are considered: bounds the assignments to try. */
    private static final int MAX_SEEN = 10;

    private static final int MISSING = -1;

    private final List<Fact> facts;
    private final Seen seen;

    /** The numbers of the objects that the facts are about. */
    private final int[] described;

    /** Which object seen each of them is, or {@link #MISSING}. */
    private int[] best;

    private int bestAgreement = -1;

    Scoring(List<Fact> facts, Seen seen) {
        this.facts = facts;
        this.seen = seen;
        Set<Integer> numbers = new LinkedHashSet<>();
        for (Fact fact : facts) {
            numbers.addAll(objects(fact));
        }
        described = numbers.stream().mapToInt(Integer::intValue).toArray();
        best = new int[described.length];
        Arrays.fill(best, MISSING);
        assign(new int[described.length], 0, 0);
    }

    List<Judged> judge() {
        List<Judged> judged = new ArrayList<>();
        for (Fact fact : facts) {
            judged.add(new Judged(fact, isRight(fact, best)));
        }
        return judged;
    }

    /** Tries all assignments of the objects described from number {@code n} on. */
    private void assign(int[] assigned, int n, int agreement) {
        if (n == described.length) {
            // Names and attributes first; among equals, the assignment with more relations.
            int total = 100 * agreement + relations(assigned);
            if (total > bestAgreement) {
                bestAgreement = total;
                best = assigned.clone();
            }
            return;
        }
        int candidates = Math.min(MAX_SEEN, seen.objects().size());
        for (int i = 0; i < candidates; i++) {
            int candidate = i;
            if (Arrays.stream(assigned, 0, n).noneMatch(a -> a == candidate)) {
                int agrees = agreement(described[n], seen.objects().get(i));
                if (agrees >= NAME) { // with neither the colour nor the shape it is another object
                    assigned[n] = i;
                    assign(assigned, n + 1, agreement + agrees);
                }
            }
        }
        assigned[n] = MISSING;
        assign(assigned, n + 1, agreement);
    }

    private int agreement(int number, SceneObject object) {
        int agreement = 0;
        for (Fact fact : facts) {
            if (fact instanceof Fact.OfColour f && f.object() == number) {
                agreement += object.colour() == f.colour() ? NAME : 0;
            } else if (fact instanceof Fact.OfShape f && f.object() == number) {
                agreement += object.shape() == f.shape() ? NAME : 0;
            } else if (fact instanceof Fact.OfSize f && f.object() == number) {
                agreement += object.size() == f.size() ? 1 : 0;
            } else if (fact instanceof Fact.OfTexture f && f.object() == number) {
                agreement += object.texture() == f.texture() ? 1 : 0;
            } else if (fact instanceof Fact.At f && f.object() == number) {
                agreement += object.place() == f.place() ? 1 : 0;
            }
        }
        return agreement;
    }

    private int relations(int[] assigned) {
        int right = 0;
        for (Fact fact : facts) {
            right += fact instanceof Fact.Related && isRight(fact, assigned) ? 1 : 0;
        }
        return right;
    }

    private boolean isRight(Fact fact, int[] assigned) {
        List<SceneObject> objects = new ArrayList<>();
        for (int number : objects(fact)) {
            int index = assigned[indexOf(number)];
            if (index != MISSING) {
                objects.add(seen.objects().get(index));
            }
        }
        if (fact instanceof Fact.AnObject f) {
            return seen.objects().stream()
                    .anyMatch(o -> o.colour() == f.colour() && o.shape() == f.shape());
        } else if (fact instanceof Fact.Count f) {
            return seen.objects().size() == f.count();
        } else if (fact instanceof Fact.Behind f) {
            return seen.background() == f.background();
        } else if (fact instanceof Fact.Related f) {
            return objects.size() == 2
                    && f.relation()
                            .holds(
                                    objects.get(0).x() - objects.get(1).x(),
                                    objects.get(0).y() - objects.get(1).y(),
                                    1);
        } else if (objects.isEmpty()) {
            return false;
        }
        SceneObject object = objects.get(0);
        if (fact instanceof Fact.OfColour f) {
            return object.colour() == f.colour();
        } else if (fact instanceof Fact.OfShape f) {
            return object.shape() == f.shape();
        } else if (fact instanceof Fact.OfSize f) {
            return object.size() == f.size();
        } else if (fact instanceof Fact.OfTexture f) {
            return object.texture() == f.texture();
        } else {
            return object.place() == ((Fact.At) fact).place();
        }
    }

    private int indexOf(int number) {
        int index = 0;
        while (described[index] != number) {
            index++;
        }
        return index;
    }

    private static List<Integer> objects(Fact fact) {
        if (fact instanceof Fact.Related f) {
            return List.of(f.subject(), f.other());
        } else if (fact instanceof Fact.AnObject f) {
            return List.of(f.object());
        } else if (fact instanceof Fact.OfColour f) {
            return List.of(f.object());
        } else if (fact instanceof Fact.OfShape f) {
            return List.of(f.object());
        } else if (fact instanceof Fact.OfSize f) {
            return List.of(f.object());
        } else if (fact instanceof Fact.OfTexture f) {
            return List.of(f.object());
        } else if (fact instanceof Fact.At f) {
            return List.of(f.object());
        }
        return List.of();
    }
}
