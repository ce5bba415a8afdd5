package io.ella.train.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.graph.ElementType;
import io.ella.core.graph.Op;
import io.ella.core.torch.Device;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.train.Objectives;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Background;
import io.ella.train.scenes.Caption;
import io.ella.train.scenes.Colour;
import io.ella.train.scenes.Fact;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneObject;
import io.ella.train.scenes.SceneRenderer;
import io.ella.train.scenes.SceneSampler;
import io.ella.train.scenes.SceneVocabulary;
import io.ella.train.scenes.Shape;
import io.ella.train.scenes.Size;
import io.ella.train.scenes.Texture;
import io.ella.train.scenes.Told;
import java.awt.Color;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TasksTest {
    private static final SceneSampler SCENES = SceneSampler.training(1);
    private static Torch torch;

    @TempDir private Path folder;

    @BeforeAll
    static void open() {
        torch = Torch.open(Device.CPU);
    }

    @AfterAll
    static void close() {
        assertThat(torch.liveTensors()).isZero();
        torch.close();
    }

    private static void placesCountMoreTheLessNoiseHidesThem(NoisyScenes scenes) {
        NoisyScenes.Batch batch = scenes.draw(1, 24, Captioner.brief());
        List<Tensor> maps = scenes.maps(torch, batch);
        float[] weights = maps.get(1).floats();
        maps.forEach(Tensor::close);
        int cells = 16 * 16;
        for (int i = 0; i < 24; i++) {
            float[] most = new float[cells];
            SceneMaps.weigh(batch.scenes().get(i), 16, 1, most, 0);
            int timestep = batch.said().get(i).timestep();
            for (int cell = 0; cell < cells; cell++) {
                float weight = weights[i * cells + cell];
                if (timestep <= 300) {
                    assertThat(weight).isEqualTo(most[cell]);
                } else if (timestep >= 550) {
                    assertThat(weight).isEqualTo(1);
                } else if (most[cell] > 1) {
                    assertThat(weight).isStrictlyBetween(1f, most[cell]);
                }
            }
        }
    }

    /** The floating-point inputs of a batch. */
    private static List<float[]> floats(TrainingTask task, long number) {
        List<float[]> values = new ArrayList<>();
        List<Tensor> batch = task.batch(torch, number);
        for (Tensor tensor : batch) {
            if (tensor.type() == ElementType.FLOAT32) {
                values.add(tensor.floats());
            }
            tensor.close();
        }
        return values;
    }

    @Test
    void aT5IsAskedForWhatSentinelsStandFor() {
        SplittableRandom random = new SplittableRandom(3);
        long[] ids = new long[60];
        Arrays.setAll(ids, i -> i < 50 ? 40 + i : SceneVocabulary.PAD);
        long[] corrupted = ids.clone();
        long[] targets = new long[60];
        Arrays.fill(targets, Op.CrossEntropy.IGNORED);
        LanguageTask.corrupt(random, corrupted, 50, targets, 0);
        int asked = 0;
        for (int i = 0; i < ids.length; i++) {
            if (targets[i] == Op.CrossEntropy.IGNORED) {
                assertThat(corrupted[i]).isEqualTo(ids[i]);
            } else {
                asked++;
                assertThat(targets[i]).isEqualTo(ids[i]);
                assertThat(corrupted[i])
                        .isBetween(
                                (long) SceneVocabulary.sentinel(0),
                                (long) SceneVocabulary.sentinel(2));
            }
        }
        assertThat(asked).isBetween(3, 15);
    }

    @Test
    void layoutAndDetailsAreAskedForWhereTheyAreMade() {
        Captioner early = Captioner.placing().forLayout();
        assertTimesteps(early, 850, 999);
        assertTimesteps(Captioner.retold().forObjects(), 600, 899);
        assertTimesteps(Captioner.brief().forDetails(), 50, 749);
        assertTimesteps(Captioner.brief(), 0, 999);
        for (int i = 0; i < 100; i++) {
            Scene scene = SCENES.scene(i);
            Caption caption = early.caption(scene, i);
            assertThat(caption).isEqualTo(Captioner.placing().caption(scene, i));
            assertThat(caption.facts())
                    .as(caption.text())
                    .anyMatch(f -> f instanceof Fact.At || f instanceof Fact.Related);
            assertThat(early.retell(scene, i)).containsExactly(caption);
        }
    }

    @Test
    void retoldAreTheFactsOfTheDenseCaption() {
        for (int i = 0; i < 100; i++) {
            Scene scene = SCENES.scene(i);
            List<Fact> told = new ArrayList<>();
            Captioner.retold().retell(scene, i).forEach(c -> told.addAll(c.facts()));
            assertThat(told).isSubsetOf(Captioner.dense(Variant.ADALN).caption(scene, i).facts());
            Set<Fact> shown = new HashSet<>(told);
            for (int k = 0; k < scene.objects().size(); k++) {
                shown.add(new Fact.At(k, scene.objects().get(k).place()));
            }
            for (Captioner all : List.of(Captioner.shown(), Captioner.dense(Variant.ADALN))) {
                assertThat(ofTheScene(all, scene, i))
                        .containsExactlyInAnyOrderElementsOf(
                                shown.stream().filter(TasksTest::isOfTheScene).toList());
            }
            assertThat(ofTheScene(Captioner.dense(Variant.ADALN), scene, i))
                    .containsExactlyElementsOf(ofTheScene(Captioner.shown(), scene, i));
        }
    }

    private static List<Fact> ofTheScene(Captioner captioner, Scene scene, long seed) {
        return captioner.retell(scene, seed).stream()
                .flatMap(caption -> caption.facts().stream())
                .filter(TasksTest::isOfTheScene)
                .toList();
    }

    /** Which captions of a retelling are about, in whatever words. */
    private static boolean isOfTheScene(Fact fact) {
        return fact instanceof Fact.Behind
                || fact instanceof Fact.At
                || fact instanceof Fact.Related
                || fact instanceof Fact.Count;
    }

    private static void assertTimesteps(Captioner captioner, int first, int last) {
        assertThat(captioner.timestep(0, 1000)).isEqualTo(first);
        assertThat(captioner.timestep(0.99999, 1000)).isEqualTo(last);
    }

    @Test
    void aNetworkIsToldAllCaptionsOfASceneAndPaddingOnce() {
        String first = "a red circle on a gray background";
        String second = "a red circle above a blue square";
        Retold told =
                Retold.of(
                        List.of(scene(), scene()),
                        List.of(List.of(said(first)), List.of(said(first), said(second))));
        int length = SceneModels.clipTokens();
        int count = told.context().length / 2;
        assertThat(told.tokens().ids()).hasDimensions(32, length);
        assertThat(told.context()).hasSize(2 * count);
        for (int t = 0; t < count; t++) { // one caption twice is to the network what it is once
            assertThat(told.context()[t]).isEqualTo(t % length);
        }
        long[] other = Arrays.copyOfRange(told.context(), count, 2 * count);
        int words = first.split(" ").length + 2;
        for (int t = 0; t < words + length; t++) {
            assertThat(other[t]).isEqualTo(t < words ? length + t : 2 * length + t - words);
        }
        assertThat(other[words + length]).isEqualTo(length);
    }

    /** A circle above a square. */
    private static Scene scene() {
        SceneObject circle =
                new SceneObject(Shape.CIRCLE, Colour.RED, Size.SMALL, Texture.PLAIN, 0.5, 0.2);
        SceneObject square =
                new SceneObject(Shape.SQUARE, Colour.BLUE, Size.SMALL, Texture.PLAIN, 0.5, 0.8);
        return new Scene(Background.GRAY, List.of(circle, square));
    }

    private static Caption said(String text) {
        return new Caption(text, List.of());
    }

    @Test
    void ofObjectsTheTokenIsTakenAtWhichAllHasBeenSaid() {
        List<Caption> told =
                List.of(
                        said("a blue square on a gray background"),
                        said("a red circle above a blue square"));
        Retold retold = Retold.of(List.of(scene(), scene()), List.of(List.of(said("")), told));
        int first = SceneModels.clipTokens();
        int second = 2 * first;
        int each = 24;
        assertThat(retold.objects()).hasSize(2 * each);
        assertThat(Arrays.copyOf(retold.objects(), each)).containsOnly(0);
        assertThat(Arrays.copyOfRange(retold.objects(), each, 2 * each))
                .startsWith(first + 3, second + 4, second + 7, first + 3);
        assertThat(retold.mentions())
                .containsExactly(
                        List.of(),
                        List.of(
                                new Retold.Mention(1, first + 3, List.of()),
                                new Retold.Mention(0, second + 4, List.of()),
                                new Retold.Mention(1, second + 7, List.of())));
    }

    @Test
    void eachObjectHasItsTokensInTheOrderInWhichTheyAreNamed() {
        List<Caption> told =
                List.of(
                        said("a blue square on a gray background"),
                        said("a red circle above a blue square"));
        Retold retold = Retold.of(List.of(scene(), scene()), List.of(List.of(said("")), told));
        long[] each = retold.eachObject();
        int first = SceneModels.clipTokens();
        int second = 2 * first;
        int of = each.length / 2 / Scene.MAX_OBJECTS;
        assertThat(Arrays.copyOf(each, each.length / 2)).containsOnly(0);
        assertThat(Arrays.copyOfRange(each, each.length / 2, each.length))
                .startsWith(first + 3, second + 7, first + 3)
                .endsWith(first, first);
        assertThat(Arrays.copyOfRange(each, each.length / 2 + of, each.length / 2 + 2 * of))
                .containsOnly(second + 4);
        assertThat(Arrays.copyOfRange(each, each.length / 2 + 2 * of, each.length))
                .containsOnly(first);
    }

    @Test
    void theBackgroundIsToldBehindAnObjectAndPaddingFollowsTheLastCaption() {
        List<Caption> told =
                List.of(
                        new Caption(
                                "a blue square on a gray background",
                                List.of(new Fact.Behind(Background.GRAY))),
                        said("a red circle above a blue square"));
        Retold retold = Retold.of(List.of(scene(), scene()), List.of(List.of(said("")), told));
        int first = SceneModels.clipTokens();
        int second = 2 * first;
        long[] background = retold.background();
        int of = background.length / 2;
        assertThat(Arrays.copyOf(background, of)).containsOnly(0);
        assertThat(Arrays.copyOfRange(background, of, 2 * of)) // on, a, gray, background, the end
                .containsExactly(first + 4, first + 5, first + 6, first + 7, first + 8);
        long[] padding = retold.padding();
        int each = padding.length / 2;
        assertThat(Arrays.copyOf(padding, each)).startsWith(2).isSorted().doesNotHaveDuplicates();
        assertThat(padding[each - 1]).isLessThan(first);
        assertThat(Arrays.copyOfRange(padding, each, 2 * each))
                .startsWith(second + 9)
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(padding[2 * each - 1]).isLessThan(second + first);
        assertThat(retold.context()).contains(padding);
    }

    @Test
    void aLlamaIsAskedForTheNextToken() {
        Tokens tokens =
                Tokens.llama(new String[] {"a red circle.", "a small blue square."}, 20).trimmed();
        assertThat(tokens.ids()[0]).hasSize(6);
        long[] targets = LanguageTask.next(tokens);
        assertThat(targets).hasSize(12);
        assertThat(targets[0]).isEqualTo(tokens.ids()[0][1]);
        assertThat(targets[3]).isEqualTo(tokens.ids()[0][4]);
        assertThat(targets[4]).isEqualTo(SceneVocabulary.EOS);
        assertThat(targets[5]).isEqualTo(Op.CrossEntropy.IGNORED);
        assertThat(targets[11]).isEqualTo(SceneVocabulary.EOS);
    }

    @Test
    void ofATokenWithoutANumberNothingIsAsked() {
        Tokens tokens = Tokens.t5(new String[] {"a red circle.", "it is large."}, 5).trimmed();
        long none = Op.CrossEntropy.IGNORED;
        assertThat(
                        LanguageTask.targets(
                                tokens,
                                List.of(
                                        new int[] {-1, -1, 0, -1},
                                        new int[] {3, -1, -1, 2, -1, 9})))
                .containsExactly(none, none, 0, none, none, 3, none, none, 2, none);
    }

    private static List<String> names(LanguageTask task) {
        return task.graph().inputs().stream().map(v -> ((Op.Input) v.op()).name()).toList();
    }

    @Test
    void batchesOfLanguageFitTheirGraphs() {
        for (LanguageTask task :
                List.of(LanguageTask.t5(SCENES, 4), LanguageTask.llama(SCENES, 4))) {
            List<Tensor> batch = task.batch(torch, 9);
            assertThat(batch).hasSize(task.graph().inputs().size());
            long[] guessed = batch.get(0).shape();
            assertThat(guessed[0]).isEqualTo(2);
            assertThat(guessed[1]).isLessThanOrEqualTo(SceneModels.DENSE_TOKENS);
            int targets = names(task).indexOf("targets");
            assertThat(batch.get(targets).shape()).containsExactly(2 * guessed[1]);
            long[] asked = batch.get(targets + 1).shape();
            assertThat(asked[0]).isEqualTo(4);
            assertThat(asked[1]).isLessThanOrEqualTo(SceneModels.DENSE_TOKENS);
            assertThat(batch.get(2 * targets + 1).shape())
                    .containsExactly(4, Scene.MAX_OBJECTS, Told.ANSWERS);
            for (Tensor looks : batch.subList(2 * targets + 2, batch.size())) { // of a T5
                assertThat(looks.shape()).containsExactly(4 * asked[1]);
            }
            batch.forEach(Tensor::close);
        }
    }

    @Test
    void batchesOfScenesFollowFromTheirNumbers() {
        AutoencoderTask task = new AutoencoderTask(SceneModels.vae(), SCENES, 2, 32, true);
        List<float[]> fifth = floats(task, 5);
        assertThat(fifth.get(0)).hasSize(2 * 3 * 32 * 32);
        assertThat(fifth).hasSize(task.graph().inputs().size());
        assertThat(floats(task, 6).get(0)).isNotEqualTo(fifth.get(0));
        List<float[]> again = floats(task, 5);
        for (int i = 0; i < fifth.size(); i++) {
            assertThat(again.get(i)).isEqualTo(fifth.get(i));
        }
    }

    @Test
    void pixelsAroundSmallAndPaleObjectsCountMore() {
        int size = SceneRenderer.DEFAULT_SIZE;
        AutoencoderTask task = new AutoencoderTask(SceneModels.vae(), SCENES, 1, size, false);
        for (int number = 0; number < 20; number++) {
            float[] weights = floats(task, number).get(1);
            int weighed = 0;
            Scene scene = SCENES.scene(number);
            for (SceneObject object : scene.objects()) {
                double times = Size.LARGE.diameter() / object.size().diameter();
                times *= Math.max(1, 160 / contrast(object, scene));
                int x = (int) (object.x() * size);
                int y = (int) (object.y() * size);
                // of a ring, that is its hole
                assertThat(weights[y * size + x])
                        .isCloseTo((float) (5 * times * times), within(0.01f));
                int side = (int) Math.round(object.size().diameter() * size);
                weighed += side * side;
            }
            int counted = 0;
            for (float weight : weights) {
                counted += weight == 1 ? 0 : 1;
            }
            assertThat(counted).isEqualTo(weighed);
        }
    }

    private static double contrast(SceneObject object, Scene scene) {
        Color tone = new Color(object.colour().first());
        Color behind = new Color(scene.background().rgb());
        double red = tone.getRed() - behind.getRed();
        double green = tone.getGreen() - behind.getGreen();
        double blue = tone.getBlue() - behind.getBlue();
        return Math.sqrt(red * red + green * green + blue * blue);
    }

    @Test
    void batchesOfNoisyLatentsFollowFromTheirNumbers() {
        int count = 6;
        int each = 4 * 16 * 16;
        float[] values = new float[count * each];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        Path file = folder.resolve("latents.safetensors");
        Safetensors.write(
                file,
                Map.of("scaling_factor", "0.5"),
                List.of(StoredTensor.of("latents", values, count, 4, 16, 16)));
        Latents latents = Latents.open(file);
        assertThat(latents.count()).isEqualTo(count);
        assertThat(latents.get(count - 1)).hasSize(each);
        assertThat(latents.get(count - 1)[7]).isEqualTo(0.5f * values[(count - 1) * each + 7]);
        placesCountMoreTheLessNoiseHidesThem(new NoisyScenes(SCENES, latents));

        DenoisingTask task =
                new DenoisingTask(
                        Objectives.denoising(SceneModels.unet(), SceneModels.clip()),
                        name -> true,
                        SceneModels.clip(),
                        new NoisyScenes(SCENES, latents),
                        3,
                        Captioner.brief());
        List<Tensor> batch = task.batch(torch, 2);
        assertThat(batch).hasSize(task.graph().inputs().size());
        assertThat(batch.get(1).shape()).containsExactly(3, 4, 16, 16);
        batch.forEach(Tensor::close);
        List<float[]> second = floats(task, 2);
        floats(task, 3);
        List<float[]> again = floats(task, 2);
        for (int i = 0; i < 3; i++) {
            assertThat(again.get(i)).isEqualTo(second.get(i));
        }
        for (float timestep : second.get(0)) {
            assertThat(timestep).isBetween(0f, 999f);
        }
    }
}
