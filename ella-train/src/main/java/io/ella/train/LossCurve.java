package io.ella.train;

import io.ella.core.EllaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The loss over the steps as a table of comma-separated values, one row for some steps. */
final class LossCurve {
    private static final String HEADER = "step,loss,gradient_norm,learning_rate,seconds_per_step";

    private final Path file;
    private final List<String> pending = new ArrayList<>();

    private LossCurve(Path file) {
        this.file = file;
    }

    /** Goes on with a table; rows after {@code step} are those of work that was lost. */
    static LossCurve resume(Path file, long step) {
        List<String> rows = new ArrayList<>(List.of(HEADER));
        try {
            if (Files.exists(file)) {
                Files.readAllLines(file).stream()
                        .skip(1)
                        .filter(row -> Long.parseLong(row.substring(0, row.indexOf(','))) <= step)
                        .forEach(rows::add);
            }
            Files.write(file, rows);
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            throw new EllaException(file + " is no loss curve that can be gone on with: " + e, e);
        }
        return new LossCurve(file);
    }

    void add(long step, double loss, double norm, double rate, double seconds) {
        pending.add(
                String.format(
                        Locale.ROOT, "%d,%.6f,%.4f,%.3e,%.4f", step, loss, norm, rate, seconds));
    }

    void flush() {
        try {
            Files.write(file, pending, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new EllaException(file + " cannot be written: " + e, e);
        }
        pending.clear();
    }
}
