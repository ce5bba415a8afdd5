package io.ella.samples;

import io.ella.core.EllaException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** The {@code ella} command. Exit codes: 0 done, 1 failed, 2 wrong use. */
@Command(
        name = "ella",
        description = "Text to image for long, dense prompts.",
        mixinStandardHelpOptions = true,
        versionProvider = Ella.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            GenerateCommand.class,
            ReplayCommand.class,
            InfoCommand.class,
            VerifyCommand.class,
            EvalCommand.class,
            AttentionCommand.class,
            TrainCommand.class,
            BenchCommand.class,
            BenchCheckpointCommand.class
        })
public final class Ella {
    private Ella() {}

    /**
     * Runs the command and ends the process with its exit code.
     *
     * @param args as typed
     */
    public static void main(String[] args) {
        System.exit(execute(args));
    }

    static int execute(String... args) {
        return execute(commandLine(), args);
    }

    static int execute(CommandLine command, String... args) {
        try {
            return command.execute(args);
        } catch (OutOfMemoryError e) {
            String remedy =
                    "Ask for a smaller size, fewer images or a lower precision, or raise -Xmx";
            complain(command.getErr(), "out of memory (" + e.getMessage() + "). " + remedy);
        } catch (LinkageError e) {
            complain(command.getErr(), "a native library could not be loaded: " + e.getMessage());
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    static CommandLine commandLine() {
        CommandLine command = new CommandLine(new Ella());
        // A prompt may begin with @, which is no file of arguments.
        command.setExpandAtFiles(false);
        command.setCaseInsensitiveEnumValuesAllowed(true);
        command.setParameterExceptionHandler(Ella::misused);
        command.setExecutionExceptionHandler((e, used, parsed) -> failed(e, used));
        return command;
    }

    private static int misused(ParameterException e, String[] args) {
        CommandLine used = e.getCommandLine();
        complain(used.getErr(), String.valueOf(e.getMessage()));
        used.getErr().println("Try '" + used.getCommandSpec().qualifiedName() + " --help'.");
        return CommandLine.ExitCode.USAGE;
    }

    private static int failed(Exception e, CommandLine used) {
        String message = String.valueOf(e.getMessage());
        complain(used.getErr(), e instanceof EllaException ? message : "unexpected " + e);
        if (used.getParseResult().hasMatchedOption("--verbose")) {
            e.printStackTrace(used.getErr());
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static void complain(PrintWriter err, String message) {
        err.println("ella: " + message);
        err.flush();
    }

    /** Reads the version out of the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Ella.class.getPackage().getImplementationVersion();
            return new String[] {"ella " + (version == null ? "development" : version)};
        }
    }
}
