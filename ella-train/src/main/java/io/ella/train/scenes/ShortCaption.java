package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What alt-text says: the names of one or two objects, and half of the time one more fact, which is
 * how they lie to each other, where one of them is, the background, or how many objects there are.
 * Never the whole scene.
 *
 * <p>Textures are named nearly always (never plain ones), sizes half of the time.
 */
public final class ShortCaption {
    private static final double TWO = 0.65;
    private static final double MORE = 0.5;
    private static final double SIZE = 0.5;
    private static final double TEXTURE = 0.9;

    private final Scene scene;
    private final SplittableRandom random;
    private final List<Fact> facts = new ArrayList<>();
    private final boolean articles;

    private enum More {
        RELATION,
        PLACE,
        BACKGROUND,
        COUNT
    }

    private ShortCaption(Scene scene, SplittableRandom random) {
        this.scene = scene;
        this.random = random;
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
        ShortCaption caption = new ShortCaption(scene, Seeds.stream(seed, 1));
        String text = caption.text();
        return new Caption(text, caption.facts);
    }

    private String text() {
        int first = random.nextInt(scene.objects().size());
        Integer second =
                scene.objects().size() > 1 && Seeds.chance(random, TWO) ? other(first) : null;
        String prefix = "";
        if (Seeds.chance(random, 0.3)) {
            prefix = Seeds.pick(random, List.of("picture of ", "image of ", "photo of "));
            prefix = articles ? Phrases.indefinite(prefix) : prefix;
        }
        return prefix + (Seeds.chance(random, MORE) ? more(first, second) : names(first, second));
    }

    /** A second object, one that a relation can be stated with if there is any. */
    private int other(int first) {
        List<Integer> related = new ArrayList<>();
        for (int i = 0; i < scene.objects().size(); i++) {
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
        return switch (Seeds.pick(random, More.values())) {
            case RELATION -> {
                Relation relation = second == null ? null : relation(first, second);
                if (second == null || relation == null) {
                    yield withPlace(first, second);
                }
                facts.add(new Fact.Related(first, relation, second));
                yield name(first) + " " + Phrases.relation(random, relation) + " " + name(second);
            }
            case PLACE -> withPlace(first, second);
            case BACKGROUND -> {
                facts.add(new Fact.Behind(scene.background()));
                yield names(first, second)
                        + Seeds.pick(random, List.of(" on ", " against "))
                        + Phrases.background(scene.background());
            }
            case COUNT -> withCount(first, second);
        };
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
        boolean withSize = Seeds.chance(random, SIZE);
        boolean withTexture = object.texture() != Texture.PLAIN && Seeds.chance(random, TEXTURE);
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

    private @Nullable Relation relation(int subject, int other) {
        return Relation.between(scene.objects().get(subject), scene.objects().get(other));
    }
}
