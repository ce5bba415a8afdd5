package io.ella.train.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.encoders.TokenLength;
import io.ella.pipeline.EmbeddedModel;
import io.ella.train.scenes.Fact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the embedded model, which need not draw well for this. */
class SceneEvaluationTest {
    private static final Map<String, String> NO_MODEL = Map.of();
    private static final Map<Arm, Pictures> RENDERS = Map.of(Arm.RENDERS, Pictures.renders(128));

    private static EmbeddedModel embedded;
    private static EvaluatedModel model;

    @TempDir Path folder;

    @BeforeAll
    static void open() {
        embedded = EmbeddedModel.unpack();
        model = EvaluatedModel.open(embedded.folder(), Device.CPU, Precision.FP32);
    }

    @AfterAll
    static void close() {
        model.close();
        embedded.close();
    }

    @Test
    void rendersShowTheirScenes() {
        SceneEvaluation evaluation = SceneEvaluation.open(settings(40, 4), NO_MODEL, folder);
        assertThat(evaluation.run(RENDERS, () -> false, at -> {})).isTrue();
        EvaluationReport report = evaluation.report();
        assertThat(report.arms()).containsOnlyKeys(Arm.RENDERS);
        assertThat(report.difference()).isEmpty();
        Scores scores = report.scores(Arm.RENDERS).orElseThrow();
        assertThat(scores.prompts()).isEqualTo(40);
        assertThat(scores.overall().value()).isBetween(0.98, 1.0);
        assertThat(scores.overall().low()).isLessThanOrEqualTo(scores.overall().value());
        assertThat(scores.of(Fact.Kind.COUNT).facts()).isEqualTo(40);
    }

    @Test
    void interruptedAndGoneOnWithIsTheSameAsUninterrupted() throws IOException {
        EvaluationSettings settings = settings(2, 2);
        Path whole = folder.resolve("whole");
        AtomicInteger reports = new AtomicInteger();
        SceneEvaluation uninterrupted = SceneEvaluation.open(settings, model.identity(), whole);
        boolean done =
                uninterrupted.run(
                        model.arms(settings), () -> false, at -> reports.incrementAndGet());
        assertThat(done).isTrue();
        assertThat(reports).hasValue(10);
        assertThat(uninterrupted.report().arms()).containsOnlyKeys(Arm.values());
        assertThat(uninterrupted.report().difference()).isPresent();
        assertThat(whole.resolve("pictures.png")).exists();

        Path parts = folder.resolve("parts");
        for (int stop : new int[] {1, 30, 3, 55}) {
            AtomicInteger asked = new AtomicInteger();
            SceneEvaluation.open(settings, model.identity(), parts)
                    .run(model.arms(settings), () -> asked.incrementAndGet() > stop, at -> {});
            Path table = parts.resolve("results.csv");
            String text = Files.readString(table);
            Files.writeString(table, text.substring(0, text.length() - 3)); // as a crash might
        }
        SceneEvaluation last = SceneEvaluation.open(settings, model.identity(), parts);
        assertThat(last.run(model.arms(settings), () -> false, at -> {})).isTrue();
        assertThat(last.report()).isEqualTo(uninterrupted.report());
        for (String file : List.of("report.json", "prompts.tsv", "settings.json")) {
            assertThat(parts.resolve(file)).hasSameTextualContentAs(whole.resolve(file));
        }
        assertThat(Files.readAllLines(parts.resolve("results.csv")))
                .containsExactlyInAnyOrderElementsOf(
                        Files.readAllLines(whole.resolve("results.csv")));
        assertThat(Image.read(parts.resolve("pictures.png")))
                .isEqualTo(Image.read(whole.resolve("pictures.png")));
    }

    @Test
    void shortCaptionsAreAskedForAllFactsAndForTheirOwn() {
        EvaluationSettings settings = settings(3, 1);
        Map<Arm, Pictures> arms = Map.of(Arm.BASE_SHORT, RENDERS.get(Arm.RENDERS));
        SceneEvaluation evaluation = SceneEvaluation.open(settings, NO_MODEL, folder);
        evaluation.run(arms, () -> false, at -> {});
        EvaluationReport report = evaluation.report();
        assertThat(report.arms()).containsOnlyKeys(Arm.BASE_SHORT, Arm.BASE_SHORT_STATED);
        long dense = 0;
        long stated = 0;
        for (int i = 0; i < 3; i++) {
            dense += settings.prompt(i).denseCaption().facts().size();
            stated += settings.prompt(i).shortCaption().facts().size();
        }
        assertThat(facts(report, Arm.BASE_SHORT)).isEqualTo(dense);
        assertThat(facts(report, Arm.BASE_SHORT_STATED)).isEqualTo(stated);
    }

    @Test
    void onlyTheNumberOfPromptsMayChange() {
        run(settings(2, 1));
        assertThat(run(settings(3, 1)).scores(Arm.RENDERS).orElseThrow().prompts()).isEqualTo(3);
        assertThat(run(settings(1, 1)).scores(Arm.RENDERS).orElseThrow().prompts()).isEqualTo(1);
        assertThatThrownBy(() -> run(settings(2, 2)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining("other settings");
        assertThatThrownBy(() -> SceneEvaluation.open(settings(2, 1), Map.of("unet", "ff"), folder))
                .isInstanceOf(EllaException.class);
    }

    @Test
    void foreignTablesAreRefused() throws IOException {
        Files.writeString(folder.resolve("results.csv"), "a\nrenders,0,0\nrenders,1,0\n");
        assertThatThrownBy(() -> run(settings(1, 1)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("results.csv, line 2")
                .hasMessageContaining("3 columns");
    }

    @Test
    void settingsOutOfRange() {
        assertThatThrownBy(() -> settings(0, 1))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("prompts is 0");
        assertThatThrownBy(() -> settings(1, 1001)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> Arm.of("best"))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("base-short-stated");
    }

    @Test
    void modelsWithoutEllaAreRefused() {
        assertThatThrownBy(
                        () ->
                                EvaluatedModel.open(
                                        embedded.folder(),
                                        folder.resolve("none"),
                                        folder,
                                        Device.CPU,
                                        Precision.FP32))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("none does not exist");
    }

    private static long facts(EvaluationReport report, Arm arm) {
        return report.scores(arm).orElseThrow().overall().facts();
    }

    private EvaluationReport run(EvaluationSettings settings) {
        SceneEvaluation evaluation = SceneEvaluation.open(settings, NO_MODEL, folder);
        evaluation.run(RENDERS, () -> false, at -> {});
        return evaluation.report();
    }

    private static EvaluationSettings settings(int prompts, int images) {
        return new EvaluationSettings(
                prompts, images, 5, 2, 3, Schedulers.DDIM, TokenLength.fixed(32));
    }
}
