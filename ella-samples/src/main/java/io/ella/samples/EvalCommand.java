package io.ella.samples;

import picocli.CommandLine.Command;

/** {@code ella eval}: measures pictures. */
@Command(
        name = "eval",
        description = "Measure how well pictures follow their prompts.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "WHAT",
        subcommands = EvalScenesCommand.class)
final class EvalCommand {}
