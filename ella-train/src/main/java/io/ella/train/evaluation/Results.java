package io.ella.train.evaluation;

import io.ella.core.EllaException;
import io.ella.core.files.WholeFile;
import io.ella.train.scenes.Fact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What was judged so far, as a table of comma-separated values with a row for each picture and arm.
 * The pictures of a prompt are added together, so that what an interruption leaves of them is known
 * and dropped.
 */
final class Results {
    private static final String HEADER =
            Stream.concat(
                            Stream.of("arm,prompt,image,seed"),
                            Arrays.stream(Fact.Kind.values())
                                    .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                                    .map(kind -> kind + "_right," + kind + "_facts"))
                    .collect(Collectors.joining(","));
    private static final int COLUMNS = HEADER.split(",", -1).length;

    /** A picture, judged. */
    record Row(Arm arm, int prompt, int image, long seed, Tally tally) {
        private String line() {
            return Stream.concat(
                            Stream.of(arm, prompt, image, seed),
                            Arrays.stream(Fact.Kind.values())
                                    .flatMap(k -> Stream.of(tally.right(k), tally.facts(k))))
                    .map(Object::toString)
                    .collect(Collectors.joining(","));
        }

        private static Row of(String line) {
            String[] cells = line.split(",", -1);
            if (cells.length != COLUMNS) {
                throw new EllaException(cells.length + " columns, expected " + COLUMNS);
            }
            Map<Fact.Kind, Integer> right = new EnumMap<>(Fact.Kind.class);
            Map<Fact.Kind, Integer> facts = new EnumMap<>(Fact.Kind.class);
            int at = 4;
            for (Fact.Kind kind : Fact.Kind.values()) {
                int rightOnes = Integer.parseInt(cells[at++]);
                int all = Integer.parseInt(cells[at++]);
                if (all > 0) {
                    right.put(kind, rightOnes);
                    facts.put(kind, all);
                }
            }
            return new Row(
                    Arm.of(cells[0]),
                    Integer.parseInt(cells[1]),
                    Integer.parseInt(cells[2]),
                    Long.parseLong(cells[3]),
                    new Tally(right, facts));
        }
    }

    private final Path file;

    /** The rows of each prompt. */
    private final Map<Arm, SortedMap<Integer, List<Row>>> rows = new EnumMap<>(Arm.class);

    private Results(Path file) {
        this.file = file;
    }

    /** Opens a table, or begins one; prompts that lack pictures are taken out. */
    static Results open(Path file, EvaluationSettings settings) {
        Results results = new Results(file);
        List<String> lines = new ArrayList<>();
        try {
            if (Files.exists(file)) {
                lines.addAll(Files.readAllLines(file));
            }
        } catch (IOException e) {
            throw new EllaException(file + " cannot be read: " + e, e);
        }
        for (int i = 1; i < lines.size(); i++) {
            try {
                results.keep(Row.of(lines.get(i)));
            } catch (EllaException | NumberFormatException e) {
                if (i < lines.size() - 1) { // the last one may be half a row
                    throw new EllaException(
                            "%s, line %d is no result of an evaluation (%s). Remove the file, or give another folder"
                                    .formatted(file, i + 1, e.getMessage()),
                            e);
                }
            }
        }
        results.rows.forEach(
                (arm, prompts) ->
                        prompts.values().removeIf(all -> all.size() != arm.images(settings)));
        results.rewrite();
        return results;
    }

    private void rewrite() {
        List<String> lines = new ArrayList<>(List.of(HEADER));
        rows.values()
                .forEach(
                        prompts ->
                                prompts.values()
                                        .forEach(all -> all.forEach(r -> lines.add(r.line()))));
        try {
            WholeFile.write(file, temporary -> Files.write(temporary, lines));
        } catch (IOException e) {
            throw new EllaException(file + " cannot be written: " + e, e);
        }
    }

    private void keep(Row row) {
        rows.computeIfAbsent(row.arm, arm -> new TreeMap<>())
                .computeIfAbsent(row.prompt, prompt -> new ArrayList<>())
                .add(row);
    }

    boolean has(Arm arm, int prompt) {
        return prompts(arm).containsKey(prompt);
    }

    /** Adds all pictures of a prompt. */
    void add(List<Row> pictures) {
        try {
            Files.write(file, pictures.stream().map(Row::line).toList(), StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new EllaException(file + " cannot be written: " + e, e);
        }
        pictures.forEach(this::keep);
    }

    /** {@return the facts of each prompt before a number, over its pictures} */
    SortedMap<Integer, Tally> tallies(Arm arm, int before) {
        SortedMap<Integer, Tally> tallies = new TreeMap<>();
        prompts(arm)
                .headMap(before)
                .forEach(
                        (prompt, all) ->
                                tallies.put(
                                        prompt,
                                        all.stream()
                                                .map(Row::tally)
                                                .reduce(Tally.NONE, Tally::plus)));
        return tallies;
    }

    private SortedMap<Integer, List<Row>> prompts(Arm arm) {
        return rows.getOrDefault(arm, Collections.emptySortedMap());
    }
}
