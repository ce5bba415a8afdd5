package io.ella.samples;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a command speaks: results on standard output, everything else on standard error. */
@SuppressWarnings("NullAway.Init") // picocli sets the specification
final class Console {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--json", description = "Print the result as one JSON object.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print errors only.")
    private boolean quiet;

    @Option(names = "--verbose", description = "Log what happens; show where an error arose.")
    private boolean verbose;

    @Option(
            names = "--progress",
            negatable = true,
            description = "Show a progress bar, or none. Default: on a terminal.")
    private @Nullable Boolean progress;

    /** Sets the log up; to be called before anything of the library is. */
    void start() {
        String level = verbose ? "info" : quiet ? "error" : "warn";
        System.setProperty("org.slf4j.simpleLogger.log.io.ella", level);
    }

    /** Whether progress bars are shown. */
    boolean showsProgress() {
        return !quiet && (progress != null ? progress : onTerminal());
    }

    /** Whether colours are shown; the variable NO_COLOR switches them off. */
    boolean showsColour() {
        return Ansi.AUTO.enabled();
    }

    private static boolean onTerminal() {
        String asked = System.getProperty("ella.terminal"); // the script asks the shell
        if (asked != null) {
            return Boolean.parseBoolean(asked);
        }
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Prints a line for people; nothing with --json or --quiet. */
    void line(String line) {
        if (!json && !quiet) {
            out().println(Ansi.AUTO.string(line));
            out().flush();
        }
    }

    /** Prints the result; nothing unless --json. */
    void result(JsonObject result) {
        if (json) {
            GsonBuilder gson = new GsonBuilder().disableHtmlEscaping().serializeNulls();
            out().println(gson.serializeSpecialFloatingPointValues().create().toJson(result));
            out().flush();
        }
    }

    /** Says something on standard error. */
    void note(String line) {
        if (!quiet) {
            err().println(line);
            err().flush();
        }
    }

    PrintWriter out() {
        return command.commandLine().getOut();
    }

    PrintWriter err() {
        return command.commandLine().getErr();
    }

    /** What a value on the command line means, where a wrong one is wrong use. */
    <T> T parsed(Supplier<T> read) {
        try {
            return read.get();
        } catch (EllaException e) {
            throw misuse(String.valueOf(e.getMessage()));
        }
    }

    ParameterException misuse(String message) {
        return new ParameterException(command.commandLine(), message);
    }

    /** Checks a number; where 0 is allowed it stands for none given, and is not offered. */
    void checkRange(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw misuse(
                    "%s is %d, expected %d to %d"
                            .formatted(option, value, Math.max(1, least), most));
        }
    }
}
