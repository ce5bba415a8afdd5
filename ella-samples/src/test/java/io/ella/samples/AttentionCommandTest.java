package io.ella.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ella.core.image.Image;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** With the embedded model. */
class AttentionCommandTest {
    private static final String PROMPT = "a red book and a yellow vase";

    @TempDir Path folder;

    @Test
    void drawsWordsByTimestepsAndWritesTheNumbers() {
        Run run = attention(PROMPT, "--timesteps", "999,500,1", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonObject json = run.json();
        assertThat(json.getAsJsonArray("timesteps").toString()).isEqualTo("[999.0,500.0,1.0]");
        List<String> words = new ArrayList<>();
        double[] sums = new double[3];
        for (JsonElement word : json.getAsJsonArray("words")) {
            words.add(word.getAsJsonObject().get("word").getAsString());
            JsonArray share = word.getAsJsonObject().getAsJsonArray("share");
            assertThat(share).hasSize(3);
            for (int t = 0; t < 3; t++) {
                sums[t] += share.get(t).getAsDouble();
            }
        }
        assertThat(words).containsExactly(PROMPT.split(" "));

        INDArray numbers = Nd4j.createFromNpyFile(folder.resolve("map.npy").toFile());
        assertThat(numbers.dataType()).isEqualTo(DataType.FLOAT);
        assertThat(numbers.rank()).isEqualTo(4);
        assertThat(numbers.size(0)).isEqualTo(3);
        assertThat(numbers.size(3)).isEqualTo(128);
        assertThat(numbers.minNumber().doubleValue()).isPositive();
        JsonArray text = json.getAsJsonArray("text_share");
        for (int t = 0; t < 3; t++) {
            double share = numbers.slice(t).sum(2).meanNumber().doubleValue();
            assertThat(text.get(t).getAsDouble()).isCloseTo(share, within(1e-5));
            assertThat(share).isBetween(sums[t], 1.0);
        }
        Image map = Image.read(folder.resolve("map.png"));
        assertThat(map.height()).isGreaterThan(20 * words.size());
    }

    @Test
    void whatIsNotPaddedHasFewerTokens() {
        Run run = attention(PROMPT, "--timesteps", "500", "--token-length", "flexible");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("map.png", "map.npy", "Attention on words");
        INDArray numbers = Nd4j.createFromNpyFile(folder.resolve("map.npy").toFile());
        assertThat(numbers.size(3)).isLessThan(128);
    }

    @Test
    void wrongUse() {
        assertThat(attention(PROMPT, "--timesteps", "1000").code()).isEqualTo(2);
        assertThat(attention(PROMPT, "--timesteps", "soon").code()).isEqualTo(2);
        assertThat(attention(PROMPT, "--token-length", "long").code()).isEqualTo(2);
        assertThat(Run.ella("attention", PROMPT).code()).isEqualTo(2);
        assertThat(Run.ella("attention", PROMPT, "-o", "a.npy").code()).isEqualTo(2);
        Run blank = attention(" ");
        assertThat(blank.code()).isEqualTo(1);
        assertThat(blank.err()).contains("no words");
        assertThat(folder).isEmptyDirectory();
    }

    private Run attention(String prompt, String... more) {
        List<String> args = new ArrayList<>(List.of("attention", prompt));
        args.addAll(List.of("-o", folder.resolve("map.png").toString()));
        args.addAll(List.of(more));
        return Run.ella(args.toArray(new String[0]));
    }
}
