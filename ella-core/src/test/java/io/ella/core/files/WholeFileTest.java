package io.ella.core.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
    @TempDir private Path folder;

    private long files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.count();
        }
    }

    @Test
    void theNewContentReplacesTheOld() throws IOException {
        Path file = folder.resolve("a.txt");
        WholeFile.write(file, to -> Files.writeString(to, "one"));
        WholeFile.write(file, to -> Files.writeString(to, "two"));
        assertThat(file).hasContent("two");
        assertThat(files()).isEqualTo(1);
    }

    @Test
    void theOldContentIsThereUntilTheNewIsWhole() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "one");
        WholeFile.write(
                file,
                to -> {
                    Files.writeString(to, "two");
                    assertThat(file).hasContent("one");
                });
        assertThat(file).hasContent("two");
    }

    @Test
    void afterAFailureNothingIsLeftBehind() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "one");
        assertThatThrownBy(
                        () ->
                                WholeFile.write(
                                        file,
                                        to -> {
                                            Files.writeString(to, "half");
                                            throw new IOException("disk full");
                                        }))
                .isInstanceOf(IOException.class)
                .hasMessage("disk full");
        assertThat(file).hasContent("one");
        assertThat(files()).isEqualTo(1);
    }

    @Test
    void aLinkStaysALink() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "one");
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        WholeFile.write(link, to -> Files.writeString(to, "two"));
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(file).hasContent("two");
    }
}
