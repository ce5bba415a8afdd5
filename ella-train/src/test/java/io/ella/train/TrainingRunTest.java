package io.ella.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import io.ella.core.torch.AdamW;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.core.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
    private static final int STEPS = 80;
    private static final int SAVE_EVERY = 7;

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

    private static TrainingPlan plan(int steps, int accumulate) {
        LearningRate rate = LearningRate.cosine(3e-2, 5, STEPS);
        AdamW adam = AdamW.defaults();
        return new TrainingPlan(steps, accumulate, rate, adam, 0.98, Precision.FP32, SAVE_EVERY);
    }

    private static TrainingRun prepare(Path where, int accumulate) {
        FreshWeights start = new FreshWeights(3, List.of());
        return new TrainingRun(torch, new Regression(4), plan(STEPS, accumulate), start, where);
    }

    private static boolean train(Path where, BooleanSupplier cancelled) {
        try (TrainingRun run = prepare(where, 2)) {
            return run.run(cancelled, progress -> {});
        }
    }

    private Path uninterrupted() {
        Path where = folder.resolve("uninterrupted");
        assertThat(train(where, () -> false)).isTrue();
        return where.resolve("state.safetensors");
    }

    /** True when asked for the {@code steps + 1}-th time. */
    private static BooleanSupplier after(int steps) {
        int[] asked = {0};
        return () -> asked[0]++ >= steps;
    }

    @Test
    void interruptedTwentyTimesTheWeightsAreTheSameBitForBit() throws IOException {
        Path where = folder.resolve("interrupted");
        Random random = new Random(11);
        int done = 0;
        for (int i = 0; i < 20; i++) {
            int more = random.nextInt(8);
            done += more;
            assertThat(train(where, after(more))).isFalse();
            try (TrainingRun run = prepare(where, 2)) {
                assertThat(run.steps()).isEqualTo(done);
            }
        }
        assertThat(train(where, () -> false)).isTrue();
        assertThat(where.resolve("state.safetensors")).hasSameBinaryContentAs(uninterrupted());
        assertSteps(where, 10, 20, 30, 40, 50, 60, 70, 80);
    }

    @Test
    void killedTwentyTimesTheWeightsAreTheSameBitForBit() throws IOException {
        Path where = folder.resolve("killed");
        Path state = where.resolve("state.safetensors");
        Path older = folder.resolve("older.safetensors");
        Random random = new Random(5);
        int begun = 0;
        for (int i = 0; i < 20; i++) {
            // The checkpoints that a process leaves that dies some steps after the last of them.
            boolean restored = Files.exists(state);
            try (TrainingRun run = prepare(where, 2)) {
                begun = (int) run.steps();
                run.afterCheckpoint(
                        step -> {
                            if (step % SAVE_EVERY == 0) {
                                copy(state, older);
                            }
                        });
                run.run(after(random.nextInt(9)), progress -> {});
            }
            if (Files.exists(older)) {
                copy(older, state);
            } else if (!restored) {
                Files.delete(state);
            }
            Files.writeString(
                    where.resolve("loss.csv"), (begun + 10) + ",0.1", StandardOpenOption.APPEND);
        }
        assertThat(begun).isGreaterThan(SAVE_EVERY);
        assertThat(train(where, () -> false)).isTrue();
        assertThat(state).hasSameBinaryContentAs(uninterrupted());
        assertSteps(where, 10, 20, 30, 40, 50, 60, 70, 80);
    }

    private static void copy(Path from, Path to) {
        try {
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertSteps(Path where, int... expected) throws IOException {
        assertThat(
                        Files.readAllLines(where.resolve("loss.csv")).stream()
                                .skip(1)
                                .mapToInt(
                                        row -> Integer.parseInt(row.substring(0, row.indexOf(','))))
                                .toArray())
                .containsExactly(expected);
    }

    @Test
    void aFolderIsOneTrainings() {
        Path where = folder.resolve("shared");
        try (TrainingRun run = prepare(where, 1)) {
            assertThatThrownBy(() -> prepare(where, 1))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("another training is running in " + where);
            assertThat(run.run(after(3), progress -> {})).isFalse();
        }
        try (TrainingRun run = prepare(where, 1)) {
            assertThat(run.steps()).isEqualTo(3);
        }
    }

    @Test
    void theLossFallsAndIsDrawn() throws IOException {
        Path where = folder.resolve("run");
        List<TrainingProgress> reports = new ArrayList<>();
        List<Long> saved = new ArrayList<>();
        try (TrainingRun run = prepare(where, 1)) {
            run.afterCheckpoint(saved::add);
            assertThat(run.run(() -> false, reports::add)).isTrue();
            assertThat(run.isDone()).isTrue();
        }
        assertThat(reports).hasSize(8);
        assertThat(reports.get(7).step()).isEqualTo(STEPS);
        assertThat(reports.get(7).phase()).isEqualTo("regression");
        assertThat(reports.get(7).loss()).isLessThan(0.8 * reports.get(0).loss());
        assertThat(saved).startsWith(7L, 14L).endsWith(77L, 80L);
        assertThat(Image.read(where.resolve("loss.png")).width()).isGreaterThan(400);
        assertThat(Files.readString(where.resolve("loss.csv"))).contains("learning_rate");
        try (var result = TrainingRun.result(where).renamed(n -> "fc1." + n)) {
            assertThat(result.tensor("weight").shape()).containsExactly(8L, 3L);
        }
    }

    @Test
    void whatIsDoneIsNotDoneAgain() throws IOException {
        Path where = folder.resolve("done");
        train(where, () -> false);
        Files.delete(where.resolve("loss.png"));
        assertThat(train(where, () -> false)).isTrue();
        assertThat(where.resolve("loss.png")).doesNotExist();
    }

    @Test
    void accumulatedBatchesAreOneLargeBatch() {
        Path small = folder.resolve("small");
        Path large = folder.resolve("large");
        FreshWeights start = new FreshWeights(3, List.of());
        try (TrainingRun run =
                        new TrainingRun(torch, new Regression(4), plan(20, 3), start, small);
                TrainingRun other =
                        new TrainingRun(torch, new Regression(12), plan(20, 1), start, large)) {
            run.run(() -> false, progress -> {});
            other.run(() -> false, progress -> {});
        }
        float[] a = weight(small);
        float[] b = weight(large);
        for (int i = 0; i < a.length; i++) {
            assertThat(a[i]).isCloseTo(b[i], within(1e-4f));
        }
    }

    private static float[] weight(Path where) {
        try (Safetensors state = Safetensors.open(where.resolve("state.safetensors"))) {
            return state.tensor("weight.fc1.weight").floatArray();
        }
    }

    @Test
    void foldersOfOtherThingsAreRefused() throws IOException {
        Path where = Files.createDirectories(folder.resolve("other"));
        Files.writeString(where.resolve("loss.csv"), "step\nfive,1,1,1,1\n");
        assertThatThrownBy(() -> prepare(where, 1))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("no loss curve");
        Files.writeString(where.resolve("state.safetensors"), "nonsense");
        assertThatThrownBy(() -> prepare(where, 1)).isInstanceOf(EllaException.class);
    }
}
