package io.ella.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import io.ella.samples.bench.PeakMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the embedded model, but where files are to change. */
class GenerateCommandTest {
    private static final String PROMPT = "a red book and a yellow vase";

    @TempDir Path folder;

    @Test
    void writesAnImageThatSaysHowItWasMade() {
        Path out = folder.resolve("out.png");
        Run run = generate(out, "--seed", "42", "--scheduler", "euler-a");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).isEqualToIgnoringNewLines(out.toString());
        Image image = Image.read(out);
        assertThat(image.width()).isEqualTo(64);
        assertThat(image.height()).isEqualTo(48);
        Map<String, String> texts = Png.texts(out);
        assertThat(texts.get(Png.PARAMETERS)).contains(PROMPT, "Steps: 2", "Seed: 42", "64x48");
        JsonObject made = JsonParser.parseString(texts.get(Png.PROVENANCE)).getAsJsonObject();
        assertThat(made.getAsJsonObject("settings").get("prompt").getAsString()).isEqualTo(PROMPT);
    }

    @Test
    void severalImagesAsJson() {
        Path out = folder.resolve("out.png");
        Run run = generate(out, "--seed", "7", "--count", "2", "--json");
        JsonObject json = run.json();
        assertThat(json.getAsJsonArray("files").toString())
                .contains("out.png")
                .contains("out-2.png");
        assertThat(json.getAsJsonArray("seeds").toString()).isEqualTo("[7,8]");
        assertThat(json.getAsJsonObject("seconds").keySet())
                .containsExactly("load", "encode", "denoise", "decode", "total");
        assertThat(json.has("peakBytes")).isEqualTo(PeakMemory.bytes().isPresent());
        assertThat(json.getAsJsonObject("settings").get("steps").getAsInt()).isEqualTo(2);
        assertThat(Image.read(folder.resolve("out-2.png"))).isNotEqualTo(Image.read(out));
    }

    @Test
    void quietSaysNothing() {
        Run run = generate(folder.resolve("out.png"), "-q");
        assertThat(run.code()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEmpty();
    }

    @Test
    void progressIsShownWhenForced() {
        Run run = generate(folder.resolve("out.png"), "--progress");
        assertThat(run.err()).contains("2/2").contains("it/s");
    }

    @Test
    void placesThatCannotBeWrittenAreFoundBeforeTheModelIsLoaded() throws IOException {
        Path absent = folder.resolve("absent/out.png");
        Run run = generate(absent, "--model", "no such model");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("ella: " + absent).contains("does not exist");

        Files.createDirectory(folder.resolve("out-2.png"));
        Run second = generate(folder.resolve("out.png"), "--model", "none", "--count", "2");
        assertThat(second.code()).isEqualTo(1);
        assertThat(second.err()).contains("out-2.png");
    }

    @Test
    void modelsThatAreNotThere() {
        Path out = folder.resolve("out.png");
        Run run = generate(out, "--model", "no such model");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("ella: no such model").doesNotContain("\tat ");
        assertThat(generate(out, "--device", "cuda:0").code()).isEqualTo(1);
        assertThat(out).doesNotExist();
    }

    @Test
    void theTinyDecoderDrawsAlmostTheSame() throws IOException {
        Path exact = folder.resolve("exact.png");
        Path tiny = folder.resolve("tiny.png");
        String[] whole = {"generate", PROMPT, "--seed", "1", "-o"};
        assertThat(Run.ella(with(whole, exact.toString())).code()).isZero();
        Run run = Run.ella(with(whole, tiny.toString(), "--tiny-vae"));
        assertThat(run.code()).as(run.err()).isZero();
        byte[] one = Image.read(exact).toRgb();
        byte[] other = Image.read(tiny).toRgb();
        long difference = 0;
        for (int i = 0; i < one.length; i++) {
            difference += Math.abs((one[i] & 0xff) - (other[i] & 0xff));
        }
        assertThat(difference / (double) one.length).isBetween(0.01, 10.0);

        Path again = folder.resolve("again.png");
        assertThat(Run.ella("replay", tiny.toString(), "-o", again.toString()).code()).isZero();
        assertThat(Image.read(again)).isEqualTo(Image.read(tiny));
        assertThat(generate(exact, "--tiny-vae", "--vae", "taesd").code()).isEqualTo(2);
    }

    @Test
    void aLoraChangesTheImage() {
        String[] model = {"--model", TestModels.get("tiny-sdxl").toString(), "--seed", "1"};
        String lora = TestModels.get("tiny-sdxl-lora.safetensors").toString();
        Path plain = folder.resolve("plain.png");
        Path changed = folder.resolve("changed.png");
        assertThat(generate(plain, model).code()).isZero();
        String[] twice = {"--lora", lora, "--lora", lora + ":-0.5"};
        Run run = generate(changed, with(model, twice));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Image.read(changed)).isNotEqualTo(Image.read(plain));
        assertThat(Png.texts(changed).get(Png.PROVENANCE)).contains(lora + ":1.0", lora + ":-0.5");
        assertThat(generate(plain, "--lora", " ").code()).isEqualTo(2);
    }

    private static String[] with(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }

    private static Run generate(Path out, String... more) {
        String[] usual = {
            "generate",
            PROMPT,
            "-o",
            out.toString(),
            "--steps",
            "2",
            "--width",
            "64",
            "--height",
            "48"
        };
        return Run.ella(with(usual, more));
    }
}
