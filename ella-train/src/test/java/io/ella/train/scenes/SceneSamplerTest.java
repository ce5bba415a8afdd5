package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import java.awt.geom.Rectangle2D;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SceneSamplerTest {
    private static final int SCENES = 2000;

    @Test
    void aSceneDependsOnSeedAndNumberOnly() {
        SceneSampler sampler = SceneSampler.training(7);
        Scene before = sampler.scene(1_000_000_007L);
        sampler.scene(3);

        assertThat(sampler.scene(1_000_000_007L)).isEqualTo(before);
        assertThat(SceneSampler.training(7).scene(1_000_000_007L)).isEqualTo(before);
        assertThat(SceneSampler.training(8).scene(1_000_000_007L)).isNotEqualTo(before);
        assertThat(new HashSet<>(training())).hasSize(SCENES);
    }

    @Test
    void theSplitsShareNoCombinationOfObjects() {
        List<Scene> heldOut =
                LongStream.range(0, SCENES).mapToObj(SceneSampler.heldOut(1)::scene).toList();
        Set<Set<String>> trained =
                training().stream().map(SceneSamplerTest::combination).collect(Collectors.toSet());

        assertThat(heldOut).allMatch(Scene::isHeldOut);
        assertThat(training()).noneMatch(Scene::isHeldOut);
        assertThat(heldOut).noneMatch(scene -> trained.contains(combination(scene)));
    }

    @Test
    void theSplitLooksAtColoursShapesAndTexturesOnly() {
        for (Scene scene : training()) {
            List<SceneObject> moved =
                    scene.objects().stream()
                            .map(
                                    o ->
                                            new SceneObject(
                                                    o.shape(),
                                                    o.colour(),
                                                    Size.LARGE,
                                                    o.texture(),
                                                    1 - o.x(),
                                                    o.y()))
                            .sorted((a, b) -> Double.compare(a.x(), b.x()))
                            .toList();

            assertThat(new Scene(Background.TEAL, moved).isHeldOut()).isFalse();
        }
    }

    @Test
    void countsAndAttributesAreAsDocumented() {
        List<SceneObject> objects = training().stream().flatMap(s -> s.objects().stream()).toList();

        double[] shares = {0.15, 0.35, 0.30, 0.20};
        for (int i = 0; i < shares.length; i++) {
            int count = i + 1;
            long scenes = training().stream().filter(s -> s.objects().size() == count).count();
            assertThat(share(scenes, SCENES)).isCloseTo(shares[i], within(0.03));
        }
        assertThat(share(count(objects, SceneObject::texture, Texture.PLAIN), objects.size()))
                .isCloseTo(0.4, within(0.03));
        for (Size size : Size.values()) { // the large ones find room less often
            assertThat(share(count(objects, SceneObject::size, size), objects.size()))
                    .isBetween(0.25, 0.42);
        }
        for (Colour colour : Colour.values()) {
            assertThat(share(count(objects, SceneObject::colour, colour), objects.size()))
                    .isCloseTo(0.1, within(0.02));
        }
    }

    @Test
    void objectsAreInsideApartAndRelated() {
        for (Scene scene : training()) {
            Set<Place> places = new HashSet<>();
            for (SceneObject object : scene.objects()) {
                Rectangle2D box = box(object);
                assertThat(box.getMinX()).isGreaterThanOrEqualTo(1);
                assertThat(box.getMaxX()).isLessThanOrEqualTo(127);
                assertThat(box.getMinY()).isGreaterThanOrEqualTo(1);
                assertThat(box.getMaxY()).isLessThanOrEqualTo(127);
                assertThat(128 * object.x() % 8).isEqualTo(4);
                assertThat(128 * object.y() % 8).isEqualTo(4);
                assertThat(places.add(object.place())).isTrue();
                boolean related = scene.objects().size() == 1;
                for (SceneObject other : scene.objects()) {
                    if (!other.equals(object)) {
                        assertThat(box.intersects(grown(box(other)))).isFalse();
                        related |= Relation.between(object, other) != null;
                    }
                }
                assertThat(related).isTrue();
            }
        }
    }

    @Test
    void aRelationIsClearAlongOneAxis() {
        assertThat(Relation.between(at(0.1, 0.5), at(0.5, 0.5))).isEqualTo(Relation.LEFT_OF);
        assertThat(Relation.between(at(0.5, 0.5), at(0.1, 0.5))).isEqualTo(Relation.RIGHT_OF);
        assertThat(Relation.between(at(0.5, 0.1), at(0.6, 0.5))).isEqualTo(Relation.ABOVE);
        assertThat(Relation.between(at(0.5, 0.5), at(0.5, 0.1))).isEqualTo(Relation.BELOW);
        assertThat(Relation.between(at(0.1, 0.1), at(0.5, 0.5))).isNull();
        assertThat(Relation.between(at(0.1, 0.1), at(0.1, 0.1))).isNull();
        for (Relation relation : Relation.values()) {
            assertThat(relation.inverse().inverse()).isEqualTo(relation);
        }
    }

    @Test
    void placesAreThirds() {
        assertThat(Place.of(0, 0)).isEqualTo(Place.TOP_LEFT);
        assertThat(Place.of(0.5, 0.5)).isEqualTo(Place.CENTER);
        assertThat(Place.of(1, 0.5)).isEqualTo(Place.RIGHT);
        assertThat(Place.of(-1, 2)).isEqualTo(Place.BOTTOM_LEFT);
    }

    @Test
    void refusesWhatCannotBeToldApart() {
        assertThatThrownBy(() -> new Scene(Background.GRAY, List.of()))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("0 objects");
        assertThatThrownBy(() -> new Scene(Background.GRAY, List.of(at(0.1, 0.1), at(0.5, 0.5))))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("same shape and colour");
    }

    private static List<Scene> training() {
        return LongStream.range(0, SCENES).mapToObj(SceneSampler.training(1)::scene).toList();
    }

    private static Set<String> combination(Scene scene) {
        return scene.objects().stream()
                .map(o -> o.colour() + " " + o.shape() + " " + o.texture())
                .collect(Collectors.toSet());
    }

    private static SceneObject at(double x, double y) {
        return new SceneObject(Shape.CIRCLE, Colour.RED, Size.SMALL, Texture.PLAIN, x, y);
    }

    private static Rectangle2D box(SceneObject object) {
        double diameter = 128 * object.size().diameter();
        return Outlines.of(object.shape(), 128 * object.x(), 128 * object.y(), diameter)
                .getBounds2D();
    }

    private static Rectangle2D grown(Rectangle2D box) {
        double gap = 4;
        return new Rectangle2D.Double(
                box.getX() - gap,
                box.getY() - gap,
                box.getWidth() + 2 * gap,
                box.getHeight() + 2 * gap);
    }

    private static <T> long count(
            List<SceneObject> objects, Function<SceneObject, T> attribute, T value) {
        return objects.stream().filter(o -> attribute.apply(o).equals(value)).count();
    }

    private static double share(long part, int whole) {
        return (double) part / whole;
    }
}
