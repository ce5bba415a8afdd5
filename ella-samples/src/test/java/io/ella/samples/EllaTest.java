package io.ella.samples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for the command as a whole. */
class EllaTest {
    @Test
    void helpIsNoError() {
        Run run = Run.ella("--help");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("generate", "replay", "info", "verify", "bench");
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"generate", "replay", "info", "verify", "bench"})
    void everyCommandHasHelp(String command) {
        Run run = Run.ella(command, "--help");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("Usage: ella " + command);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "generate",
                "generate|a vase",
                "generate|a vase|-o|o.png|--steps|0",
                "generate|a vase|-o|o.png|--steps|many",
                "generate|a vase|-o|o.png|--guidance|NaN",
                "generate|a vase|-o|o.png|--guidance|Infinity",
                "generate|a vase|-o|o.png|--width|100",
                "generate|a vase|-o|o.png|--width|0",
                "generate|a vase|-o|o.png|--height|-8",
                "generate|a vase|-o|o.png|--height|80000",
                "generate|a vase|-o|o.png|--count|0",
                "generate|a vase|-o|o.png|--scheduler|eulerish",
                "generate|a vase|-o|o.png|--token-length|long",
                "generate|a vase|-o|o.png|--max-length|0",
                "generate|a vase|-o|o.png|--token-length|flexible|--max-length|77",
                "generate|a vase|-o|o.png|--precision|fp8",
                "generate|a vase|-o|o.png|--device|gpu",
                "generate|a vase|-o|o.png|--threads|0",
                "generate|a vase|-o|o.png|--model|",
                "generate|a vase|-o|o.png|--model|m|--ella| |--text-encoder|t",
                "generate|a vase|-o|o.png|--model|m|--ella|e",
                "generate|a vase|-o|o.png|--ella|e|--text-encoder|t",
                "generate|a vase|-o|o.png|--unknown",
                "replay|in.png",
                "info",
                "info| ",
                "verify| ",
                "verify|cases|--tolerance|-1",
                "bench",
                "bench|everything",
                "bench|unet|--runs|0",
                "bench|clip|--size|78",
                "bench|unet|--config|sd3"
            })
    void wrongUseIsToldInOneLine(String line) {
        Run run = Run.ella(line.split("\\|", -1));
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("ella: ").contains("--help").doesNotContain("\tat ");
        assertThat(run.err().lines()).hasSize(2);
    }

    @Test
    void promptsMayLookLikeOptionsAndFiles() {
        Run run = Run.ella("generate", "-o", "absent/out.png", "--", "@no such file");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("absent");
    }

    @Test
    void failuresShowWhereOnRequestOnly() {
        assertThat(Run.ella("info", "absent").err())
                .isEqualToIgnoringNewLines("ella: absent does not exist. Check the path");
        assertThat(Run.ella("info", "absent", "--verbose").err()).contains("\tat io.ella.");
    }
}
