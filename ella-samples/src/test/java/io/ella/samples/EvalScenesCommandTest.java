package io.ella.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalScenesCommandTest {
    @TempDir Path folder;

    @Test
    void printsATableAndGoesOnFromTheFolder() {
        Run run = eval("--prompts", "1");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("the embedded default: 1 images of each prompt, 1 steps of ddim")
                .contains("RENDERS", "BASE-SHORT-STATED", "ELLA - BASE-DENSE")
                .containsPattern("overall +100.0 \\(100.0, 100.0\\)")
                .containsPattern("prompts( +1){7}");
        assertThat(folder.resolve("pictures.png")).exists();

        JsonObject json = eval("--prompts", "2", "--arms", "renders,ella", "--json").json();
        JsonObject scores = json.getAsJsonObject("scores");
        assertThat(prompts(scores, "ella")).isEqualTo(2);
        assertThat(prompts(scores, "base-dense")).isEqualTo(1);
        assertThat(prompts(scores, "difference")).isEqualTo(1);
        assertThat(
                        scores.getAsJsonObject("renders")
                                .getAsJsonObject("background")
                                .get("value")
                                .getAsDouble())
                .isEqualTo(1);
        assertThat(json.getAsJsonArray("files").toString()).contains("results.csv");
    }

    @Test
    void wrongUse() {
        assertThat(Run.ella("eval").code()).isEqualTo(2);
        for (List<String> wrong :
                List.of(
                        List.of("--prompts", "0"),
                        List.of("--images", "x"),
                        List.of("--scheduler", "none"),
                        List.of("--token-length", "long"),
                        List.of("--arms", "renders,best"),
                        List.of("--model", ""))) {
            Run run = eval(wrong.toArray(new String[0]));
            assertThat(run.code()).as("%s", wrong).isEqualTo(2);
            assertThat(run.err()).startsWith("ella: ");
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void modelsThatLackTheConnector() {
        Run run = eval("--model", TestModels.get("tiny-sd15").toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("ella does not exist", "--ella");
    }

    private static int prompts(JsonObject scores, String arm) {
        return scores.getAsJsonObject(arm).get("prompts").getAsInt();
    }

    private Run eval(String... more) {
        List<String> args = new ArrayList<>(List.of("eval", "scenes", "--out", folder.toString()));
        args.addAll(List.of("--images", "1", "--steps", "1"));
        args.addAll(List.of(more));
        return Run.ella(args.toArray(new String[0]));
    }
}
