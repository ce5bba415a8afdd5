package io.ella.train.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.random.TorchGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class JudgeTest {
    private static final int SCENES = 300;
    private static final int EDGE = 128;

    private static final SceneObject RED_CIRCLE =
            new SceneObject(Shape.CIRCLE, Colour.RED, Size.LARGE, Texture.PLAIN, 0.25, 0.5);
    private static final SceneObject BLUE_SQUARE =
            new SceneObject(Shape.SQUARE, Colour.BLUE, Size.SMALL, Texture.STRIPED, 0.75, 0.5);

    private final Judge judge = new Judge();
    private final SceneRenderer renderer = new SceneRenderer();

    @Test
    void readsRendersBack() {
        assertThat(accuracy(picture -> picture)).allSatisfy((kind, share) -> atLeast(share, 0.98));
    }

    @Test
    void readsBlurredAndNoisyRendersBack() {
        TorchGenerator random = new TorchGenerator(1);
        assertThat(accuracy(picture -> noisy(blurred(picture), 0.03f, random)))
                .allSatisfy((kind, share) -> atLeast(share, 0.95));
    }

    @Test
    void readsCoarserRendersOfShiftedColoursBack() {
        assertThat(accuracy(picture -> shifted(halvedAndDoubled(picture))))
                .allSatisfy((kind, share) -> atLeast(share, 0.95));
    }

    /** Of small objects too few patches are left to tell. */
    @Test
    void stripesAndChecksMayBeginWithEitherTone() {
        for (Texture texture : List.of(Texture.STRIPED, Texture.CHECKERED)) {
            for (Shape shape : Shape.values()) {
                for (Size size : List.of(Size.MEDIUM, Size.LARGE)) {
                    SceneObject object =
                            new SceneObject(shape, Colour.RED, size, texture, 8.5 / 16, 8.5 / 16);
                    float[] picture = renderer.render(new Scene(Background.GRAY, List.of(object)));
                    exchange(picture, Colour.RED.first(), Colour.RED.second());

                    assertThat(judge.see(picture, EDGE).objects())
                            .extracting(SceneObject::texture)
                            .as("%s %s", size, shape)
                            .containsExactly(texture);
                }
            }
        }
    }

    /** Every pixel of one of the colours, or nearly so, becomes one of the other. */
    private static void exchange(float[] chw, int one, int other) {
        int pixels = chw.length / 3;
        for (int i = 0; i < pixels; i++) {
            boolean isOne = isNear(chw, i, one);
            if (isOne || isNear(chw, i, other)) {
                for (int c = 0; c < 3; c++) {
                    chw[c * pixels + i] = channel(isOne ? other : one, c);
                }
            }
        }
    }

    private static boolean isNear(float[] chw, int pixel, int rgb) {
        for (int c = 0; c < 3; c++) {
            if (Math.abs(chw[c * chw.length / 3 + pixel] - channel(rgb, c)) > 0.02f) {
                return false;
            }
        }
        return true;
    }

    private static float channel(int rgb, int c) {
        return (rgb >> (16 - 8 * c) & 0xff) / 127.5f - 1;
    }

    @Test
    void readsOtherSizes() {
        for (int i = 0; i < 20; i++) {
            Scene scene = SceneSampler.heldOut(4).scene(i);
            List<Fact> facts = DenseCaption.of(scene, i).facts();

            for (int edge : new int[] {96, 192, 256}) {
                Seen seen = judge.see(new SceneRenderer(edge).image(scene));
                assertThat(Judge.score(facts, seen)).allMatch(Judged::right);
            }
        }
    }

    @Test
    void seesNothingInAnEmptyPicture() {
        float[] teal = new float[3 * EDGE * EDGE];
        for (int c = 0; c < 3; c++) {
            float value = channel(Background.TEAL.rgb(), c);
            Arrays.fill(teal, c * EDGE * EDGE, (c + 1) * EDGE * EDGE, value);
        }

        assertThat(judge.see(teal, EDGE)).isEqualTo(new Seen(Background.TEAL, List.of()));
    }

    @Test
    void looksAtNoiseWithoutComplaint() {
        float[] noise = new TorchGenerator(3).randn(3 * EDGE * EDGE);

        assertThat(judge.see(noise, EDGE)).isNotNull();
    }

    @Test
    void whatIsMissingMakesItsFactsWrong() {
        List<Fact> facts = facts(RED_CIRCLE, BLUE_SQUARE);

        assertThat(wrong(facts, RED_CIRCLE, BLUE_SQUARE)).isEmpty();
        assertThat(wrong(facts, RED_CIRCLE))
                .extracting(Fact::kind)
                .containsExactlyInAnyOrder(
                        Fact.Kind.OBJECT,
                        Fact.Kind.COLOUR,
                        Fact.Kind.SHAPE,
                        Fact.Kind.SIZE,
                        Fact.Kind.TEXTURE,
                        Fact.Kind.POSITION,
                        Fact.Kind.RELATION,
                        Fact.Kind.COUNT);
    }

    @Test
    void swappedColoursAreWrongColoursAndObjects() {
        SceneObject blueCircle = coloured(RED_CIRCLE, Colour.BLUE);
        SceneObject redSquare = coloured(BLUE_SQUARE, Colour.RED);

        assertThat(wrong(facts(RED_CIRCLE, BLUE_SQUARE), blueCircle, redSquare))
                .extracting(Fact::kind)
                .containsExactlyInAnyOrder(
                        Fact.Kind.OBJECT, Fact.Kind.OBJECT, Fact.Kind.COLOUR, Fact.Kind.COLOUR);
    }

    @Test
    void swappedPlacesAreWrongRelationsAndPositions() {
        assertThat(
                        wrong(
                                facts(RED_CIRCLE, BLUE_SQUARE),
                                moved(RED_CIRCLE, 0.75),
                                moved(BLUE_SQUARE, 0.25)))
                .extracting(Fact::kind)
                .containsExactlyInAnyOrder(
                        Fact.Kind.POSITION, Fact.Kind.POSITION, Fact.Kind.RELATION);
    }

    @Test
    void oneObjectIsNotTwo() {
        List<Fact> facts =
                List.of(
                        new Fact.OfColour(0, Colour.RED),
                        new Fact.OfShape(0, Shape.CIRCLE),
                        new Fact.OfColour(1, Colour.RED),
                        new Fact.OfShape(1, Shape.SQUARE));

        assertThat(wrong(facts, RED_CIRCLE)).containsExactlyElementsOf(facts.subList(2, 4));
        assertThat(wrong(facts, RED_CIRCLE, moved(RED_CIRCLE, 0.75))).containsExactly(facts.get(3));
    }

    @Test
    void manySpotsDoNotTakeForever() {
        SceneObject[] spots = new SceneObject[60];
        Arrays.fill(spots, RED_CIRCLE);

        assertThat(wrong(facts(RED_CIRCLE, BLUE_SQUARE), spots)).isNotEmpty();
    }

    @Test
    void refusesWhatIsNoSquarePicture() {
        assertThatThrownBy(() -> judge.see(new float[10], EDGE))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("[3, 128, 128]");
        assertThatThrownBy(() -> judge.see(new float[3], 1)).isInstanceOf(EllaException.class);
        float[] broken = new float[3 * EDGE * EDGE];
        broken[7] = Float.NaN;
        assertThatThrownBy(() -> judge.see(broken, EDGE))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("Value 7");
    }

    /** The share of right facts by kind, over all that can be said of held-out scenes. */
    private Map<Fact.Kind, Double> accuracy(UnaryOperator<float[]> change) {
        Map<Fact.Kind, List<Boolean>> byKind = new EnumMap<>(Fact.Kind.class);
        for (int i = 0; i < SCENES; i++) {
            Scene scene = SceneSampler.heldOut(2).scene(i);
            Seen seen = judge.see(change.apply(renderer.render(scene)), EDGE);
            for (Judged judged : Judge.score(everything(scene), seen)) {
                byKind.computeIfAbsent(judged.fact().kind(), k -> new ArrayList<>())
                        .add(judged.right());
            }
        }
        Map<Fact.Kind, Double> accuracy = new EnumMap<>(Fact.Kind.class);
        byKind.forEach(
                (kind, right) ->
                        accuracy.put(
                                kind,
                                right.stream().mapToInt(r -> r ? 1 : 0).average().orElseThrow()));
        assertThat(accuracy).containsOnlyKeys(Fact.Kind.values());
        return accuracy;
    }

    private static List<Fact> everything(Scene scene) {
        List<Fact> facts = new ArrayList<>(facts(scene.objects().toArray(SceneObject[]::new)));
        facts.add(new Fact.Behind(scene.background()));
        return facts;
    }

    private static List<Fact> facts(SceneObject... objects) {
        List<Fact> facts = new ArrayList<>(List.of(new Fact.Count(objects.length)));
        for (int i = 0; i < objects.length; i++) {
            SceneObject object = objects[i];
            facts.add(new Fact.AnObject(i, object.colour(), object.shape()));
            facts.add(new Fact.OfColour(i, object.colour()));
            facts.add(new Fact.OfShape(i, object.shape()));
            facts.add(new Fact.OfSize(i, object.size()));
            facts.add(new Fact.OfTexture(i, object.texture()));
            facts.add(new Fact.At(i, object.place()));
            for (int j = 0; j < i; j++) {
                Relation relation = Relation.between(object, objects[j]);
                if (relation != null) {
                    facts.add(new Fact.Related(i, relation, j));
                }
            }
        }
        return facts;
    }

    private static List<Fact> wrong(List<Fact> facts, SceneObject... seen) {
        return Judge.score(facts, new Seen(Background.GRAY, List.of(seen))).stream()
                .filter(judged -> !judged.right())
                .map(Judged::fact)
                .toList();
    }

    private static void atLeast(double share, double least) {
        assertThat(share).isGreaterThanOrEqualTo(least);
    }

    private static SceneObject coloured(SceneObject o, Colour colour) {
        return new SceneObject(o.shape(), colour, o.size(), o.texture(), o.x(), o.y());
    }

    private static SceneObject moved(SceneObject o, double x) {
        return new SceneObject(o.shape(), o.colour(), o.size(), o.texture(), x, o.y());
    }

    // What a VAE does to a picture, about

    /** A Gaussian of a standard deviation of 1 pixel. */
    private static float[] blurred(float[] chw) {
        double[] weights = {0.0044, 0.0540, 0.2420, 0.3989, 0.2420, 0.0540, 0.0044};
        return filtered(filtered(chw, weights, 1), weights, EDGE);
    }

    private static float[] filtered(float[] chw, double[] weights, int stride) {
        float[] out = new float[chw.length];
        for (int i = 0; i < chw.length; i++) {
            int position = i / stride % EDGE;
            for (int k = -3; k <= 3; k++) {
                int moved = Math.min(EDGE - 1, Math.max(0, position + k));
                out[i] += (float) (weights[k + 3] * chw[i + (moved - position) * stride]);
            }
        }
        return out;
    }

    private static float[] noisy(float[] chw, float deviation, TorchGenerator random) {
        float[] noise = random.randn(chw.length);
        for (int i = 0; i < chw.length; i++) {
            noise[i] = chw[i] + deviation * noise[i];
        }
        return noise;
    }

    /** At half the resolution, then doubled without interpolation. */
    private static float[] halvedAndDoubled(float[] chw) {
        float[] out = new float[chw.length];
        for (int i = 0; i < chw.length; i++) {
            int corner = i - i % 2 - (i / EDGE % 2) * EDGE;
            out[i] =
                    (chw[corner] + chw[corner + 1] + chw[corner + EDGE] + chw[corner + EDGE + 1])
                            / 4;
        }
        return out;
    }

    /** Less contrast, a tint. */
    private static float[] shifted(float[] chw) {
        float[] out = new float[chw.length];
        for (int i = 0; i < chw.length; i++) {
            out[i] = 0.94f * chw[i] + (i < EDGE * EDGE ? 0.03f : 0);
        }
        return out;
    }
}
