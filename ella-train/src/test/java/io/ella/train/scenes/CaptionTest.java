package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CaptionTest {
    private static final int SCENES = 2000;

    private static final SceneSampler SAMPLER = SceneSampler.training(3);

    @Test
    void factsHoldInTheScene() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            for (Caption caption : List.of(ShortCaption.of(scene, i), DenseCaption.of(scene, i))) {
                assertThat(caption.facts()).doesNotHaveDuplicates();
                assertThat(caption.facts())
                        .as(caption.text())
                        .allSatisfy(fact -> assertThat(holds(fact, scene)).isTrue());
            }
        }
    }

    @Test
    void whatIsStatedIsInTheText() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            for (Caption caption : List.of(ShortCaption.of(scene, i), DenseCaption.of(scene, i))) {
                for (Fact fact : caption.facts()) {
                    assertThat(caption.text()).containsAnyOf(words(fact).toArray(String[]::new));
                }
            }
        }
    }

    @Test
    void denseCaptionsTellEverything() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            Caption caption = DenseCaption.of(scene, i);
            int count = scene.objects().size();

            assertThat(caption.text().split(" ")).hasSizeBetween(20, 90);
            assertThat(caption.facts())
                    .contains(new Fact.Count(count), new Fact.Behind(scene.background()));
            assertThat(of(Fact.Kind.OBJECT, caption)).hasSize(count);
            assertThat(of(Fact.Kind.RELATION, caption)).hasSizeGreaterThanOrEqualTo(count - 1);
            for (int o = 0; o < count; o++) {
                SceneObject object = scene.objects().get(o);
                if (object.texture() != Texture.PLAIN) {
                    assertThat(caption.facts()).contains(new Fact.OfTexture(o, object.texture()));
                }
                if (object.size() != Size.MEDIUM) {
                    assertThat(caption.facts()).contains(new Fact.OfSize(o, object.size()));
                }
            }
        }
    }

    @Test
    void shortCaptionsSayOneMoreThingAtMost() {
        int more = 0;
        for (int i = 0; i < SCENES; i++) {
            Caption caption = ShortCaption.of(SAMPLER.scene(i), i);

            assertThat(of(Fact.Kind.OBJECT, caption)).hasSizeBetween(1, 2);
            int extras =
                    of(Fact.Kind.RELATION, caption).size()
                            + of(Fact.Kind.POSITION, caption).size()
                            + of(Fact.Kind.BACKGROUND, caption).size()
                            + of(Fact.Kind.COUNT, caption).size();
            assertThat(extras).isLessThanOrEqualTo(1);
            more += extras;
        }
        assertThat((double) more / SCENES).isBetween(0.55, 0.65);
    }

    @Test
    void aRetellingSaysWhatTheDenseCaptionSaysInShortOnes() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            Caption dense = DenseCaption.of(scene, i);
            List<Caption> retold = ShortCaption.retelling(scene, dense, i);
            for (Caption caption : retold) {
                assertThat(of(Fact.Kind.OBJECT, caption)).hasSizeBetween(1, 2);
                assertThat(caption.text().split(" ")).hasSizeLessThan(25);
            }
            assertThat(facts(retold)).containsExactlyInAnyOrderElementsOf(dense.facts());
        }
    }

    @Test
    void mentionsEndWhereAllIsSaidOfAnObject() {
        Scene scene = three();

        assertMentions(scene, "a small red circle and a blue square", 3, 7, -1);
        assertMentions(scene, "red circle on a gray background", 1, -1, -1);
        assertMentions(scene, "a red circle on the left side, a blue square", 6, 10, -1);
        assertMentions(scene, "a blue striped square to the right of a red circle", 10, 7, -1);
        assertMentions(scene, "green star in the top left corner", -1, -1, 6);
    }

    private static Scene three() {
        return new Scene(
                Background.GRAY,
                List.of(
                        object(Shape.CIRCLE, Colour.RED, Texture.PLAIN),
                        object(Shape.SQUARE, Colour.BLUE, Texture.STRIPED),
                        object(Shape.STAR, Colour.GREEN, Texture.PLAIN)));
    }

    private static SceneObject object(Shape shape, Colour colour, Texture texture) {
        return new SceneObject(shape, colour, Size.SMALL, texture, 0.5, 0.5);
    }

    private static void assertMentions(Scene scene, String caption, int... tokens) {
        assertThat(Mentions.tokens(scene, caption)).as(caption).containsExactly(tokens);
    }

    @Test
    void objectsAreMentionedWhereTheyAreNamed() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            Caption caption = ShortCaption.of(scene, i);
            int[] tokens = Mentions.tokens(scene, caption.text());
            for (int o = 0; o < tokens.length; o++) {
                SceneObject object = scene.objects().get(o);
                Fact named = new Fact.AnObject(o, object.colour(), object.shape());
                assertThat(tokens[o] >= 0)
                        .as(caption.text())
                        .isEqualTo(caption.facts().contains(named));
            }
        }
    }

    @Test
    void ofEachObjectItsWordsAreSaid() {
        List<Fact> facts =
                List.of(
                        new Fact.OfShape(0, Shape.CIRCLE),
                        new Fact.OfColour(0, Colour.RED),
                        new Fact.OfShape(1, Shape.SQUARE),
                        new Fact.Related(0, Relation.LEFT_OF, 1));
        assertThat(Mentions.said(facts, 0))
                .containsExactly(Shape.CIRCLE, Colour.RED, Relation.LEFT_OF);
        assertThat(Mentions.said(facts, 1)).containsExactly(Shape.SQUARE, Relation.RIGHT_OF);
        assertThat(Mentions.said(facts, 2)).isEmpty();

        float[] words = new float[1 + Mentions.WORDS];
        Mentions.say(facts, 0, words, 1);
        assertThat(words).hasSize(1 + Mentions.WORDS).containsOnly(0, 1).startsWith(0);
        assertThat(IntStream.range(0, words.length).filter(i -> words[i] == 1)).hasSize(3);
    }

    @Test
    void aSeedIsACaption() {
        Scene scene = SAMPLER.scene(12);
        Set<String> dense = new HashSet<>();
        Set<String> alt = new HashSet<>();
        for (int seed = 0; seed < 100; seed++) {
            assertThat(DenseCaption.of(scene, seed)).isEqualTo(DenseCaption.of(scene, seed));
            assertThat(ShortCaption.of(scene, seed)).isEqualTo(ShortCaption.of(scene, seed));
            dense.add(DenseCaption.of(scene, seed).text());
            alt.add(ShortCaption.of(scene, seed).text());
        }

        assertThat(dense).hasSizeGreaterThan(90);
        assertThat(alt).hasSizeGreaterThan(50);
    }

    @Test
    void sentencesAreWellFormed() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            for (Caption caption : List.of(ShortCaption.of(scene, i), DenseCaption.of(scene, i))) {
                assertThat(caption.text())
                        .isLowerCase()
                        .doesNotContainPattern("\\ba [aeiou]")
                        .doesNotContainPattern("\\ban [^aeiou]")
                        .doesNotContainPattern("\\b(\\w+) \\1\\b")
                        .doesNotContain("  ");
            }
        }
    }

    @Test
    void shownIsAlsoWhereEachObjectIs() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            Caption dense = DenseCaption.of(scene, i);
            Set<Fact> wanted = new HashSet<>(dense.facts());
            for (int k = 0; k < scene.objects().size(); k++) {
                wanted.add(new Fact.At(k, scene.objects().get(k).place()));
            }
            assertThat(facts(ShortCaption.showing(scene, dense, i))).isEqualTo(wanted);
            assertThat(facts(ShortCaption.showing(scene, dense))).isEqualTo(wanted);
        }
    }

    @Test
    void shownPlainlyIsTheSameInTheSameWords() {
        Map<Object, String> said = new HashMap<>();
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            Caption dense = DenseCaption.of(scene, i);
            List<Caption> plain = ShortCaption.showing(scene, dense);
            assertThat(plain).hasSameSizeAs(ShortCaption.showing(scene, dense, i));
            for (Caption caption : plain) {
                if (scene.objects().size() == 1) { // what is said of one depends on it alone
                    Object about = List.of(scene.objects(), scene.background(), caption.facts());
                    assertThat(said.computeIfAbsent(about, a -> caption.text()))
                            .isEqualTo(caption.text());
                }
            }
        }
        assertThat(said).isNotEmpty();
    }

    private static Set<Fact> facts(List<Caption> captions) {
        return captions.stream().flatMap(c -> c.facts().stream()).collect(Collectors.toSet());
    }

    private static List<Fact> of(Fact.Kind kind, Caption caption) {
        return caption.facts().stream().filter(f -> f.kind() == kind).toList();
    }

    /** Words of which a text that states the fact has one at least. */
    private static List<String> words(Fact fact) {
        List<String> words = new ArrayList<>();
        if (fact instanceof Fact.OfColour f) {
            words.add(f.colour().word());
        } else if (fact instanceof Fact.OfShape f) {
            words.add(f.shape().word());
        } else if (fact instanceof Fact.OfSize f) {
            words.add(f.size().word());
            if (f.size() == Size.LARGE) {
                words.add("big");
            }
        } else if (fact instanceof Fact.OfTexture f) {
            words.add(f.texture().word());
        } else if (fact instanceof Fact.Behind f) {
            words.add(f.background().word());
        } else {
            words.add("");
        }
        return words;
    }

    private static boolean holds(Fact fact, Scene scene) {
        List<SceneObject> objects = scene.objects();
        if (fact instanceof Fact.AnObject f) {
            SceneObject object = objects.get(f.object());
            return object.colour() == f.colour() && object.shape() == f.shape();
        } else if (fact instanceof Fact.OfColour f) {
            return objects.get(f.object()).colour() == f.colour();
        } else if (fact instanceof Fact.OfShape f) {
            return objects.get(f.object()).shape() == f.shape();
        } else if (fact instanceof Fact.OfSize f) {
            return objects.get(f.object()).size() == f.size();
        } else if (fact instanceof Fact.OfTexture f) {
            return objects.get(f.object()).texture() == f.texture();
        } else if (fact instanceof Fact.Count f) {
            return objects.size() == f.count();
        } else if (fact instanceof Fact.At f) {
            return objects.get(f.object()).place() == f.place();
        } else if (fact instanceof Fact.Related f) {
            return Relation.between(objects.get(f.subject()), objects.get(f.other()))
                    == f.relation();
        } else {
            return scene.background() == ((Fact.Behind) fact).background();
        }
    }
}
