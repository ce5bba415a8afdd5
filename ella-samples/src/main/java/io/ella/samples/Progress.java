package io.ella.samples;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on standard error with steps per second and the time left, or nothing. */
final class Progress implements AutoCloseable {
    private static final int DEFAULT_COLUMNS = 80;
    private static final int UPDATE_MILLIS = 200;

    private final Console console;
    private final String task;
    private @Nullable ProgressBar bar;

    Progress(Console console, String task) {
        this.console = console;
        this.task = task;
    }

    /** Tells that {@code done} of {@code total} are done. */
    void at(int done, int total) {
        at(done, total, "");
    }

    /** Tells that {@code done} of {@code total} are done, and something more. */
    void at(int done, int total, String message) {
        if (!console.showsProgress()) {
            return;
        }
        if (bar == null) {
            bar = bar(done, total);
        }
        bar.setExtraMessage(message.isEmpty() ? "" : " " + message);
        bar.stepTo(done);
    }

    /**
     * A bar that begins where the work was when it was first heard of, so that its speed is right.
     */
    private ProgressBar bar(int done, int total) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .startsFrom(done, Duration.ZERO)
                .setUpdateIntervalMillis(UPDATE_MILLIS)
                .setStyle(
                        console.showsColour()
                                ? ProgressBarStyle.COLORFUL_UNICODE_BAR
                                : ProgressBarStyle.ASCII)
                .setUnit(" it", 1)
                .showSpeed()
                .setConsumer(new ConsoleProgressBarConsumer(stream(console.err()), columns()))
                .build();
    }

    private static int columns() {
        try {
            return Integer.parseInt(System.getenv().getOrDefault("COLUMNS", "" + DEFAULT_COLUMNS));
        } catch (NumberFormatException e) {
            return DEFAULT_COLUMNS;
        }
    }

    private static PrintStream stream(PrintWriter writer) {
        OutputStream out =
                new OutputStream() {
                    @Override
                    public void write(int b) {
                        write(new byte[] {(byte) b}, 0, 1);
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) {
                        writer.write(new String(bytes, offset, length, StandardCharsets.UTF_8));
                    }

                    @Override
                    public void flush() {
                        writer.flush();
                    }
                };
        return new PrintStream(out, true, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
