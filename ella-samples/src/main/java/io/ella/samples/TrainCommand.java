package io.ella.samples;

import picocli.CommandLine.Command;

/** {@code ella train}: what can be trained. */
@Command(
        name = "train",
        description = "Train a connector, or the models of the small world.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {TrainTscCommand.class, TrainScenesCommand.class})
final class TrainCommand {}
