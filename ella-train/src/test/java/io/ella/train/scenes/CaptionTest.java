package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
        assertThat((double) more / SCENES).isBetween(0.45, 0.55);
    }

    @Test
    void aRetellingSaysWhatTheDenseCaptionSaysInShortOnes() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            Caption dense = DenseCaption.of(scene, i);
            Set<Fact> said = new HashSet<>();
            for (Caption caption : ShortCaption.retelling(scene, dense, i)) {
                assertThat(of(Fact.Kind.OBJECT, caption)).hasSizeBetween(1, 2);
                assertThat(caption.text().split(" ")).hasSizeLessThan(25);
                said.addAll(caption.facts());
            }
            assertThat(said).containsExactlyInAnyOrderElementsOf(dense.facts());
        }
    }

    @Test
    void nounsAreFoundWhereObjectsAreNamed() {
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SAMPLER.scene(i);
            for (Caption caption : List.of(ShortCaption.of(scene, i), DenseCaption.of(scene, i))) {
                int[] nouns = Mentions.nouns(scene, caption.text());
                int[] ids = SceneVocabulary.encode(caption.text());
                for (int o = 0; o < nouns.length; o++) {
                    SceneObject object = scene.objects().get(o);
                    Fact named = new Fact.AnObject(o, object.colour(), object.shape());
                    assertThat(nouns[o] >= 0)
                            .as(caption.text())
                            .isEqualTo(caption.facts().contains(named));
                    if (nouns[o] >= 0) {
                        assertThat(ids[nouns[o]])
                                .isEqualTo(SceneVocabulary.encode(object.shape().word())[0]);
                    }
                }
            }
        }
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
