package io.ella.samples;

import io.ella.encoders.TokenLength;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How many tokens of a prompt the connector is given. */
final class TokenLengthOptions {
    /** What the published connectors were trained with. */
    private static final int TRAINED = 128;

    @Option(
            names = "--token-length",
            paramLabel = "fixed|flexible",
            description =
                    "Whether the prompt is padded and cut for ELLA, or as long as it is. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String mode = "fixed";

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "Tokens in fixed mode. Default: " + TRAINED + ".")
    private @Nullable Integer maxLength;

    TokenLength length(Console console) {
        return switch (mode) {
            case "fixed" ->
                    console.parsed(
                            () -> TokenLength.fixed(maxLength == null ? TRAINED : maxLength));
            case "flexible" -> {
                if (maxLength != null) {
                    throw console.misuse("--max-length goes with --token-length fixed only");
                }
                yield TokenLength.flexible();
            }
            default ->
                    throw console.misuse(
                            "--token-length is \"%s\", expected \"fixed\" or \"flexible\""
                                    .formatted(mode));
        };
    }
}
