package io.ella.train.evaluation;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import io.ella.pipeline.GenerationCancelledException;
import io.ella.train.scenes.Fact;
import io.ella.train.scenes.Judge;
import io.ella.train.scenes.Seen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * An evaluation in a folder of its own:
 *
 * <ul>
 *   <li>{@code results.csv}: right facts and facts by kind, a row for each picture and arm;
 *   <li>{@code settings.json}: what they depend on;
 *   <li>{@code report.json}: {@link EvaluationReport#toJson};
 *   <li>{@code prompts.tsv}: number, short and dense caption of the prompts;
 *   <li>{@code pictures/}: the first picture of the first prompts, {@code pictures.png}: the same
 *       as a sheet, a row for each prompt, a column for each arm in their order.
 * </ul>
 *
 * <p>Begun again, it goes on after the last whole prompt. Not thread-safe.
 */
public final class SceneEvaluation {
    /** How many prompts are kept as pictures. */
    private static final int SHEET = 8;

    private final EvaluationSettings settings;
    private final Path folder;
    private final Results results;
    private final Judge judge = new Judge();

    private SceneEvaluation(EvaluationSettings settings, Path folder, Results results) {
        this.settings = settings;
        this.folder = folder;
        this.results = results;
    }

    /**
     * Opens a folder.
     *
     * @param settings what is drawn, and how
     * @param model what else the pictures depend on: {@link EvaluatedModel#identity}
     * @param folder made if absent
     * @return the evaluation, or the rest of it
     * @throws EllaException if the folder cannot be written, or holds the results of other settings
     *     or another model; only the number of prompts may differ
     */
    public static SceneEvaluation open(
            EvaluationSettings settings, Map<String, String> model, Path folder) {
        JsonObject json = settings.toJson();
        JsonObject identity = new JsonObject();
        new TreeMap<>(model).forEach(identity::addProperty);
        json.add("model", identity);
        String text = new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n";
        Path stated = folder.resolve("settings.json");
        try {
            Files.createDirectories(folder.resolve("pictures"));
            if (Files.exists(stated) && !Files.readString(stated).equals(text)) {
                throw new EllaException(
                        folder
                                + " holds the results of other settings or of another model, as settings.json there says. Give another folder, or remove this one");
            }
            Files.writeString(stated, text);
        } catch (IOException e) {
            throw new EllaException(folder + " cannot be written: " + e, e);
        }
        return new SceneEvaluation(
                settings, folder, Results.open(folder.resolve("results.csv"), settings));
    }

    /**
     * Draws and judges what is still missing, prompt by prompt, and writes the report.
     *
     * @param arms who draws for each arm; {@link Arm#BASE_SHORT_STATED} comes with {@link
     *     Arm#BASE_SHORT}
     * @param cancelled asked now and then, on other threads too; true stops
     * @param listener told after the pictures of a prompt and arm
     * @return whether all is done
     * @throws EllaException if drawing fails, or a file cannot be written; what was judged before
     *     stays
     */
    public boolean run(
            Map<Arm, Pictures> arms,
            BooleanSupplier cancelled,
            Consumer<EvaluationProgress> listener) {
        Map<Arm, Pictures> ordered = new EnumMap<>(arms);
        int each = ordered.keySet().stream().mapToInt(arm -> arm.images(settings)).sum();
        int done = 0;
        try {
            for (int i = 0; i < settings.prompts(); i++) {
                HeldOutPrompt prompt = settings.prompt(i);
                for (Map.Entry<Arm, Pictures> entry : ordered.entrySet()) {
                    if (cancelled.getAsBoolean()) {
                        return false;
                    }
                    Arm arm = entry.getKey();
                    if (arm.judgedAs().stream().anyMatch(a -> !results.has(a, prompt.index()))) {
                        judge(arm, prompt, entry.getValue().draw(prompt, cancelled));
                    }
                    done += arm.images(settings);
                    listener.accept(new EvaluationProgress(done, each * settings.prompts()));
                }
            }
            return true;
        } catch (GenerationCancelledException e) {
            if (cancelled.getAsBoolean()) {
                return false;
            }
            throw e;
        } finally {
            conclude();
        }
    }

    private void judge(Arm arm, HeldOutPrompt prompt, List<Image> images) {
        if (images.size() != arm.images(settings)) {
            throw new EllaException(
                    "%d pictures were drawn for %s, expected %d"
                            .formatted(images.size(), arm, arm.images(settings)));
        }
        List<Results.Row> rows = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            Seen seen = judge.see(images.get(i));
            for (Arm as : arm.judgedAs()) {
                List<Fact> facts =
                        as == Arm.BASE_SHORT_STATED
                                ? prompt.shortCaption().facts()
                                : prompt.denseCaption().facts();
                Tally tally = Tally.of(Judge.score(facts, seen));
                rows.add(new Results.Row(as, prompt.index(), i, prompt.seed() + i, tally));
            }
        }
        if (prompt.index() < SHEET) {
            Png.write(picture(arm, prompt.index()), images.get(0), Map.of());
        }
        results.add(rows);
    }

    private Path picture(Arm arm, int prompt) {
        return folder.resolve("pictures/%03d-%s.png".formatted(prompt, arm));
    }

    private void conclude() {
        StringBuilder prompts = new StringBuilder();
        List<Image> sheet = new ArrayList<>();
        int columns = 0;
        for (int i = 0; i < settings.prompts(); i++) {
            HeldOutPrompt prompt = settings.prompt(i);
            prompts.append(i).append('\t').append(prompt.shortCaption().text());
            prompts.append('\t').append(prompt.denseCaption().text()).append('\n');
            List<Image> row = i < SHEET ? row(i) : List.of();
            columns = Math.max(columns, row.size());
            if (!row.isEmpty() && row.size() == columns) {
                sheet.addAll(row);
            }
        }
        if (!sheet.isEmpty()) {
            Png.write(folder.resolve("pictures.png"), Image.grid(sheet, columns), Map.of());
        }
        try {
            Files.writeString(folder.resolve("prompts.tsv"), prompts);
            Files.writeString(
                    folder.resolve("report.json"),
                    new GsonBuilder()
                                    .setPrettyPrinting()
                                    .serializeSpecialFloatingPointValues()
                                    .create()
                                    .toJson(report().toJson())
                            + "\n");
        } catch (IOException e) {
            throw new EllaException(folder + " cannot be written: " + e, e);
        }
    }

    private List<Image> row(int prompt) {
        List<Image> row = new ArrayList<>();
        for (Arm arm : Arm.values()) {
            Path file = picture(arm, prompt);
            if (Files.exists(file)) {
                row.add(Image.read(file));
            }
        }
        return row;
    }

    /** {@return the scores of what has been judged so far} */
    public EvaluationReport report() {
        Map<Arm, Scores> scores = new EnumMap<>(Arm.class);
        for (Arm arm : Arm.values()) {
            SortedMap<Integer, Tally> tallies = results.tallies(arm, settings.prompts());
            if (!tallies.isEmpty()) {
                scores.put(arm, Scores.of(tallies.values()));
            }
        }
        SortedMap<Integer, Tally> ella = results.tallies(Arm.ELLA, settings.prompts());
        SortedMap<Integer, Tally> base = results.tallies(Arm.BASE_DENSE, settings.prompts());
        ella.keySet().retainAll(base.keySet());
        base.keySet().retainAll(ella.keySet());
        return new EvaluationReport(
                scores,
                ella.isEmpty()
                        ? Optional.empty()
                        : Optional.of(Scores.difference(ella.values(), base.values())));
    }
}
