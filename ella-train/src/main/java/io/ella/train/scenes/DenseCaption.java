package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Everything about a scene in 20 to 90 words: each object with its colour, shape, size and texture,
 * how it lies to one that was named before, the background, often places and the number of objects.
 *
 * <p>Objects come in any order and are referred to by "it", "the square", "the blue one" or "the
 * blue square", whatever is clear at that point. What is plain is seldom called so, medium sizes
 * are left out now and then; such an attribute is not among the facts.
 */
public final class DenseCaption {
    /** The fewest words of a caption. */
    public static final int MIN_WORDS = 20;

    /** The most words of a caption. */
    public static final int MAX_WORDS = 90;

    private static final double SAY_PLAIN = 0.08;
    private static final double SAY_MEDIUM = 0.75;

    /** Attributes in a sentence of their own, after the object was introduced. */
    private static final double LATER = 0.15;

    /** The first two objects in one sentence. */
    private static final double PAIR = 0.2;

    private final Scene scene;
    private final SplittableRandom random;

    /** How probable a sentence is that need not be. */
    private final double talkative;

    private final Set<Fact> facts = new LinkedHashSet<>();
    private final List<String> sentences = new ArrayList<>();
    private final List<Integer> named = new ArrayList<>();

    /** The object that was introduced last. */
    private int topic = -1;

    /** Whether "it" is clearly the topic: not after a sentence in which it was another object. */
    private boolean itIsTopic;

    private DenseCaption(Scene scene, SplittableRandom random, double talkative) {
        this.scene = scene;
        this.random = random;
        this.talkative = talkative;
    }

    /**
     * A caption.
     *
     * @param scene what it is about
     * @param seed of the choices; the same scene and seed give the same caption
     * @return the caption
     */
    public static Caption of(Scene scene, long seed) {
        SplittableRandom random = Seeds.stream(seed, 2);
        double talkative = 0.35;
        while (true) {
            DenseCaption caption = new DenseCaption(scene, random, talkative);
            caption.write();
            String text = String.join(" ", caption.sentences);
            int words = text.split(" ", -1).length;
            if (words < MIN_WORDS) {
                talkative = Math.min(1, talkative + 0.3);
            } else if (words > MAX_WORDS) {
                talkative = Math.max(0, talkative - 0.2);
            } else {
                return new Caption(text, List.copyOf(caption.facts));
            }
        }
    }

    // Sentences

    private void write() {
        facts.add(new Fact.Count(count()));
        facts.add(new Fact.Behind(scene.background()));
        String background = Phrases.background(scene.background());
        double u = random.nextDouble();
        boolean sayCount = Seeds.chance(random, talkative);
        boolean backgroundLast = false;
        String opening = "";
        if (u < 0.35) {
            opening = "on " + background + " ";
        } else if (u < 0.55) {
            say("the background is " + scene.background().word());
        } else if (u < 0.7) {
            say(shows() + " " + Phrases.objects(random, count()) + " on " + background);
            sayCount = false;
        } else {
            backgroundLast = true;
        }
        if (sayCount && opening.isEmpty() && Seeds.chance(random, 0.5)) {
            say(there(count()) + " " + Phrases.objects(random, count()));
            sayCount = false;
        }
        objects(opening);
        if (sayCount) {
            say(closingCount());
        }
        if (backgroundLast) {
            say(
                    Seeds.pick(
                            random,
                            List.of(
                                    "the background is " + scene.background().word(),
                                    (count() == 1 ? "it is" : "everything is")
                                            + " on "
                                            + background,
                                    (count() == 1 ? "behind it" : "behind them")
                                            + " is "
                                            + background)));
        }
    }

    private void objects(String opening) {
        int first = random.nextInt(count());
        List<Integer> related = related(first);
        if (!related.isEmpty() && Seeds.chance(random, PAIR)) {
            pair(first, Seeds.pick(random, related), opening);
        } else {
            first(first, opening);
        }
        describe(first);
        while (named.size() < count()) {
            Link link = Seeds.pick(random, links());
            related(link.object, link.anchor);
            describe(link.object);
        }
    }

    /** An object yet to be named, and one named before that it lies clearly to. */
    private record Link(int object, int anchor) {}

    private List<Link> links() {
        List<Link> links = new ArrayList<>();
        for (int object = 0; object < count(); object++) {
            for (int anchor : named) {
                if (!named.contains(object) && relation(object, anchor) != null) {
                    links.add(new Link(object, anchor));
                    if (anchor == topic) { // the next sentence goes on from the last one
                        links.add(new Link(object, anchor));
                    }
                }
            }
        }
        if (!links.isEmpty()) {
            return links;
        }
        for (int object = 0; object < count(); object++) {
            if (!named.contains(object)) {
                links.add(new Link(object, -1));
            }
        }
        return links;
    }

    private void first(int object, String opening) {
        Noun noun = introduce(object);
        if (opening.isEmpty() && Seeds.chance(random, talkative)) {
            String place = place(object);
            say(
                    Seeds.pick(
                            random,
                            List.of(
                                    place + " there is " + noun.text,
                                    place + " is " + noun.text,
                                    noun.text + " is " + place,
                                    "there is " + noun.text + " " + place)));
        } else if (opening.isEmpty()) {
            say(Seeds.pick(random, List.of("there is ", "there is ", shows() + " ")) + noun.text);
        } else {
            say(opening + Seeds.pick(random, List.of("there is ", "there is ", "is ")) + noun.text);
        }
        later(object, noun);
    }

    /** Two objects in one sentence. */
    private void pair(int object, int other, String opening) {
        Noun second = introduce(other);
        Noun first = introduce(object);
        say(opening + first.text + " is " + relate(object, other) + " " + second.text);
        later(object, first);
        later(other, second);
    }

    private void related(int object, int anchor) {
        if (anchor < 0) {
            Noun noun = introduce(object);
            say(place(object) + " there is " + noun.text);
            later(object, noun);
            return;
        }
        boolean it = anchor == topic && itIsTopic && Seeds.chance(random, 0.5);
        Noun noun = introduce(object);
        String reference = it ? "it" : reference(anchor);
        String relation = relate(object, anchor);
        itIsTopic = !it;
        double u = random.nextDouble();
        if (u < 0.4) {
            say(relation + " " + reference + " there is " + noun.text);
        } else if (u < 0.6) {
            say(relation + " " + reference + " is " + noun.text);
        } else if (u < 0.8) {
            say(noun.text + " is " + relation + " " + reference);
        } else {
            say("there is " + noun.text + " " + relation + " " + reference);
        }
        later(object, noun);
    }

    /** What was left out when the object was introduced. */
    private void later(int object, Noun noun) {
        if (!noun.later.isEmpty()) {
            say(subject(object) + " is " + String.join(" and ", noun.later));
        }
    }

    /** What need not be said. */
    private void describe(int object) {
        boolean placed = facts.contains(new Fact.At(object, at(object).place()));
        if (!placed && Seeds.chance(random, talkative)) {
            String where = subject(object) + " is " + place(object);
            say(Seeds.chance(random, 0.3) ? where + " of the " + Phrases.picture(random) : where);
        }
        List<Integer> others = new ArrayList<>();
        for (int other : named) {
            if (other != object
                    && relation(object, other) != null
                    && !isRelated(object, other)
                    && !isRelated(other, object)) {
                others.add(other);
            }
        }
        if (!others.isEmpty() && Seeds.chance(random, 0.7 * talkative)) {
            int other = Seeds.pick(random, others);
            say(
                    subject(object)
                            + " is "
                            + (Seeds.chance(random, 0.5) ? "also " : "")
                            + relate(object, other)
                            + " "
                            + reference(other));
        }
    }

    private String closingCount() {
        if (count() == 1) {
            return Seeds.pick(
                    random,
                    List.of(
                            "it is the only object",
                            "there is only one object",
                            "there is nothing else in the " + Phrases.picture(random)));
        }
        return Seeds.pick(random, List.of("in all ", "", ""))
                + there(count())
                + " "
                + Phrases.objects(random, count());
    }

    private String shows() {
        return Seeds.pick(
                random,
                List.of("the " + Phrases.picture(random) + " shows", "we see", "you can see"));
    }

    private static String there(int count) {
        return count == 1 ? "there is" : "there are";
    }

    private void say(String sentence) {
        sentences.add(sentence + ".");
    }

    // Parts of sentences, and the facts they state

    /**
     * An object named for the first time.
     *
     * @param text such as {@code a small blue square}
     * @param later attributes for a sentence of their own
     */
    private record Noun(String text, List<String> later) {}

    private Noun introduce(int index) {
        SceneObject object = at(index);
        facts.add(new Fact.AnObject(index, object.colour(), object.shape()));
        facts.add(new Fact.OfColour(index, object.colour()));
        facts.add(new Fact.OfShape(index, object.shape()));
        boolean size = object.size() != Size.MEDIUM || Seeds.chance(random, SAY_MEDIUM);
        boolean texture = object.texture() != Texture.PLAIN || Seeds.chance(random, SAY_PLAIN);
        if (size) {
            facts.add(new Fact.OfSize(index, object.size()));
        }
        if (texture) {
            facts.add(new Fact.OfTexture(index, object.texture()));
        }
        List<String> later = new ArrayList<>();
        if (size && Seeds.chance(random, LATER)) {
            later.add(Phrases.size(random, object.size()));
            size = false;
        }
        if (texture && Seeds.chance(random, LATER)) {
            later.add(object.texture().word());
            texture = false;
        }
        named.add(index);
        topic = index;
        itIsTopic = true;
        return new Noun(Phrases.indefinite(Phrases.noun(random, object, size, texture)), later);
    }

    private String subject(int object) {
        if (object == topic && itIsTopic && Seeds.chance(random, 0.7)) {
            return "it";
        }
        itIsTopic = object == topic;
        return reference(object);
    }

    /** A name that fits no other object named so far. */
    private String reference(int index) {
        SceneObject object = at(index);
        List<String> names = new ArrayList<>();
        names.add("the " + object.colour().word() + " " + object.shape().word());
        if (isAlone(index, o -> at(o).shape() == object.shape())) {
            names.add("the " + object.shape().word());
            names.add("the " + object.shape().word());
        }
        if (isAlone(index, o -> at(o).colour() == object.colour())) {
            names.add("the " + object.colour().word() + " one");
        }
        return Seeds.pick(random, names);
    }

    private boolean isAlone(int index, IntPredicate same) {
        return named.stream().allMatch(o -> o == index || !same.test(o));
    }

    private String place(int object) {
        Place place = at(object).place();
        facts.add(new Fact.At(object, place));
        return Phrases.place(random, place);
    }

    /** States how an object lies to another that it clearly lies to. */
    private String relate(int object, int other) {
        Relation relation = Objects.requireNonNull(relation(object, other));
        facts.add(new Fact.Related(object, relation, other));
        return Phrases.relation(random, relation);
    }

    private boolean isRelated(int subject, int other) {
        Relation relation = relation(subject, other);
        return relation != null && facts.contains(new Fact.Related(subject, relation, other));
    }

    private List<Integer> related(int object) {
        List<Integer> related = new ArrayList<>();
        for (int other = 0; other < count(); other++) {
            if (other != object && relation(object, other) != null) {
                related.add(other);
            }
        }
        return related;
    }

    private @Nullable Relation relation(int subject, int other) {
        return Relation.between(at(subject), at(other));
    }

    private SceneObject at(int index) {
        return scene.objects().get(index);
    }

    private int count() {
        return scene.objects().size();
    }
}
