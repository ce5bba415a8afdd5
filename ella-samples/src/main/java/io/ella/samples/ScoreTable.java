package io.ella.samples;

import io.ella.train.evaluation.Arm;
import io.ella.train.evaluation.Estimate;
import io.ella.train.evaluation.EvaluationReport;
import io.ella.train.evaluation.Scores;
import io.ella.train.scenes.Fact;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The scores for people: kinds of facts down, arms across, percent with the interval. */
final class ScoreTable {
    private static final String LABEL = "%-11s";
    private static final String CELL = "  %19s";

    private ScoreTable() {}

    static List<String> lines(EvaluationReport report) {
        Map<String, Scores> columns = new LinkedHashMap<>();
        report.arms().forEach((arm, scores) -> columns.put(arm.toString(), scores));
        report.difference().ifPresent(s -> columns.put(Arm.ELLA + " - " + Arm.BASE_DENSE, s));
        List<String> lines = new ArrayList<>();
        lines.add(row("", columns.keySet().stream().map(n -> n.toUpperCase(Locale.ROOT)).toList()));
        for (Fact.Kind kind : Fact.Kind.values()) {
            String name = kind.name().toLowerCase(Locale.ROOT);
            lines.add(row(name, cells(columns, s -> s.of(kind))));
        }
        lines.add(row("overall", cells(columns, Scores::overall)));
        lines.add(row("prompts", columns.values().stream().map(s -> "" + s.prompts()).toList()));
        return Collections.unmodifiableList(lines);
    }

    private static List<String> cells(
            Map<String, Scores> columns, Function<Scores, Estimate> estimate) {
        return columns.values().stream().map(estimate).map(ScoreTable::cell).toList();
    }

    private static String cell(Estimate estimate) {
        if (estimate.facts() == 0) {
            return "-";
        }
        return String.format(
                Locale.ROOT,
                "%.1f (%.1f, %.1f)",
                100 * estimate.value(),
                100 * estimate.low(),
                100 * estimate.high());
    }

    private static String row(String label, List<String> cells) {
        StringBuilder row = new StringBuilder(LABEL.formatted(label));
        cells.forEach(cell -> row.append(CELL.formatted(cell)));
        return row.toString().stripTrailing();
    }
}
