package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What alt-text says: the names of one or two objects, and more often than not one more fact, which
 * is how they lie to each other, where one of them is, the background, or how many objects there
 * are. Never the whole scene.
 *
 * <p>Textures are named nearly always (never plain ones), sizes half of the time.
 */
public final class ShortCaption {
    private static final double TWO = 0.65;
    private static final double MORE = 0.6;
    private static final double SIZE = 0.5;
    private static final double TEXTURE = 0.9;

    /** What the fact more is; counts are the rest. */
    private static final double RELATION = 0.45;

    private static final double PLACE = 0.3;
    private static final double BACKGROUND = 0.15;

    private final Scene scene;
    private final RandomGenerator random;
    private final List<Fact> facts = new ArrayList<>();
    private final boolean articles;

    /** The objects, as they are told by the other caption. */
    private final List<Integer> order;

    /** What another caption says, of which no object's attribute is left out; null for none. */
    private final @Nullable List<Fact> told;

    private ShortCaption(Scene scene, RandomGenerator random, @Nullable List<Fact> told) {
        this.scene = scene;
        this.random = random;
        this.told = told;
        this.order =
                told == null
                        ? IntStream.range(0, scene.objects().size()).boxed().toList()
                        : Told.order(told);
        articles = Seeds.chance(random, 0.75);
    }

    /**
     * A caption.
     *
     * @param scene what it is about
     * @param seed of the choices; the same scene and seed give the same caption
     * @return the caption
     */
    public static Caption of(Scene scene, long seed) {
        ShortCaption caption = new ShortCaption(scene, Seeds.stream(seed, 1), null);
        String text = caption.text();
        return new Caption(text, caption.facts);
    }

    /**
     * A caption that says where something is: a relation, or a place.
     *
     * @param scene what it is about
     * @param seed of the choices; the same scene and seed give the same caption
     * @return the caption
     */
    public static Caption placing(Scene scene, long seed) {
        ShortCaption caption = new ShortCaption(scene, Seeds.stream(seed, 1), null);
        String text = caption.where();
        return new Caption(text, caption.facts);
    }

    /**
     * Short captions that together say what a dense one says, and no more: one for the background,
     * one for each relation and place in the order of the dense one, and one for the count.
     *
     * @param scene what they are about
     * @param dense what is said
     * @param seed of the choices of words
     * @return the captions
     */
    public static List<Caption> retelling(Scene scene, Caption dense, long seed) {
        return retelling(scene, dense, Seeds.stream(seed, 3));
    }

    /**
     * The same, and where each object is, whether that is said or not: what somebody would say who
     * has read the dense caption and sees the picture.
     *
     * @param scene what they are about
     * @param dense what is said
     * @param seed of the choices of words
     * @return the captions
     */
    public static List<Caption> showing(Scene scene, Caption dense, long seed) {
        return showing(scene, dense, Seeds.stream(seed, 3));
    }

    /**
     * The same in always the same words, so that nothing of the words is unknown to who has read
     * the dense caption.
     *
     * @param scene what they are about
     * @param dense what is said
     * @return the captions
     */
    public static List<Caption> showing(Scene scene, Caption dense) {
        return showing(scene, dense, Seeds.NO_CHOICE);
    }

    private static List<Caption> showing(Scene scene, Caption dense, RandomGenerator random) {
        Set<Fact> facts = new LinkedHashSet<>(dense.facts());
        for (int i = 0; i < scene.objects().size(); i++) {
            facts.add(new Fact.At(i, scene.objects().get(i).place()));
        }
        return retelling(scene, new Caption(dense.text(), List.copyOf(facts)), random);
    }

    private static List<Caption> retelling(Scene scene, Caption dense, RandomGenerator random) {
        List<Fact> told = dense.facts();
        List<Caption> captions = new ArrayList<>();
        for (Fact.Kind kind : List.of(Fact.Kind.BACKGROUND, Fact.Kind.RELATION, Fact.Kind.COUNT)) {
            for (Fact fact : told) {
                boolean lies = fact.kind() == Fact.Kind.POSITION && kind == Fact.Kind.RELATION;
                if (fact.kind() == kind || lies) {
                    ShortCaption caption = new ShortCaption(scene, random, told);
                    String text = caption.about(fact);
                    captions.add(new Caption(text, caption.facts));
                }
            }
        }
        return captions;
    }

    private String about(Fact fact) {
        int any = Seeds.pick(random, order);
        if (fact instanceof Fact.Related f) {
            return related(f.subject(), f.relation(), f.other());
        } else if (fact instanceof Fact.At f) {
            return withPlace(f.object(), null);
        } else if (fact instanceof Fact.Count) {
            return withCount(any, scene.objects().size() > 1 ? other(any) : null);
        }
        return withBackground(any, null);
    }

    private String text() {
        int first = Seeds.pick(random, order);
        Integer second = second(first);
        return prefix() + (Seeds.chance(random, MORE) ? more(first, second) : names(first, second));
    }

    private String where() {
        int first = Seeds.pick(random, order);
        Integer second = second(first);
        boolean related = Seeds.chance(random, RELATION / (RELATION + PLACE));
        return prefix() + (related ? withRelation(first, second) : withPlace(first, second));
    }

    private @Nullable Integer second(int first) {
        return scene.objects().size() > 1 && Seeds.chance(random, TWO) ? other(first) : null;
    }

    private String prefix() {
        if (!Seeds.chance(random, 0.3)) {
            return "";
        }
        String prefix = Seeds.pick(random, List.of("picture of ", "image of ", "photo of "));
        return articles ? Phrases.indefinite(prefix) : prefix;
    }

    /** A second object, one that a relation can be stated with if there is any. */
    private int other(int first) {
        List<Integer> related = new ArrayList<>();
        for (int i : order) {
            if (i != first && relation(first, i) != null) {
                related.add(i);
            }
        }
        return Seeds.pick(random, related);
    }

    private String names(int first, @Nullable Integer second) {
        if (second == null) {
            return name(first);
        }
        String separator = Seeds.pick(random, List.of(" and ", " and ", ", ", " with "));
        return name(first) + separator + name(second);
    }

    private String more(int first, @Nullable Integer second) {
        double u = random.nextDouble();
        if (u < RELATION) {
            return withRelation(first, second);
        } else if (u < RELATION + PLACE) {
            return withPlace(first, second);
        } else if (u < RELATION + PLACE + BACKGROUND) {
            return withBackground(first, second);
        }
        return withCount(first, second);
    }

    private String withBackground(int first, @Nullable Integer second) {
        facts.add(new Fact.Behind(scene.background()));
        return names(first, second)
                + Seeds.pick(random, List.of(" on ", " against "))
                + Phrases.background(scene.background());
    }

    /** Of a single object, its place. */
    private String withRelation(int first, @Nullable Integer second) {
        Relation relation = second == null ? null : relation(first, second);
        if (second == null || relation == null) {
            return withPlace(first, second);
        }
        return related(first, relation, second);
    }

    private String related(int subject, Relation relation, int other) {
        facts.add(new Fact.Related(subject, relation, other));
        return name(subject) + " " + Phrases.relation(random, relation) + " " + name(other);
    }

    private String withPlace(int first, @Nullable Integer second) {
        Place place = scene.objects().get(first).place();
        facts.add(new Fact.At(first, place));
        String text = name(first) + " " + Phrases.place(random, place);
        return second == null ? text : text + " and " + name(second);
    }

    private String withCount(int first, @Nullable Integer second) {
        int count = scene.objects().size();
        facts.add(new Fact.Count(count));
        int others = count - (second == null ? 1 : 2);
        if (others == 0) {
            return count == 1
                    ? Seeds.pick(random, List.of("one object, ", "only ")) + name(first)
                    : Phrases.objects(random, count) + ", " + names(first, second);
        }
        if (Seeds.chance(random, 0.5)) {
            return Phrases.objects(random, count)
                    + ", "
                    + (second == null ? "one of them " : "among them ")
                    + names(first, second);
        }
        return names(first, second)
                + " and "
                + Phrases.number(others)
                + " other object"
                + (others == 1 ? "" : "s");
    }

    private String name(int index) {
        SceneObject object = scene.objects().get(index);
        double texture = object.texture() == Texture.PLAIN ? 0 : TEXTURE;
        boolean withSize = says(new Fact.OfSize(index, object.size()), SIZE);
        boolean withTexture = says(new Fact.OfTexture(index, object.texture()), texture);
        facts.add(new Fact.AnObject(index, object.colour(), object.shape()));
        facts.add(new Fact.OfColour(index, object.colour()));
        facts.add(new Fact.OfShape(index, object.shape()));
        if (withSize) {
            facts.add(new Fact.OfSize(index, object.size()));
        }
        if (withTexture) {
            facts.add(new Fact.OfTexture(index, object.texture()));
        }
        String noun = Phrases.noun(random, object, withSize, withTexture);
        return articles ? Phrases.indefinite(noun) : noun;
    }

    /** Whether an attribute is named: if the other caption does, or by chance. */
    private boolean says(Fact attribute, double chance) {
        return told == null ? Seeds.chance(random, chance) : told.contains(attribute);
    }

    private @Nullable Relation relation(int subject, int other) {
        return Relation.between(scene.objects().get(subject), scene.objects().get(other));
    }
}
