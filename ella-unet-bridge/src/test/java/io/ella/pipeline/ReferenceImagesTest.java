package io.ella.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.ella.core.config.Config;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.torch.Precision;
import io.ella.core.weights.Safetensors;
import io.ella.encoders.TokenLength;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole runs, from the text of a prompt to pixels, against what diffusers and the official ELLA
 * drew.
 */
class ReferenceImagesTest {
    private static final double LIMIT = 1e-3;

    @TempDir Path folder;

    @Test
    void folder() throws IOException {
        drawAll("expected", exact(Models.clip()), exact(Models.ella()));
    }

    @Test
    void singleFile() throws IOException {
        Path file =
                Files.copy(
                        Models.path("tiny-sd15-single.safetensors"),
                        folder.resolve("m.safetensors"));
        Files.writeString(
                folder.resolve("m.json"), "{\"text_encoder\": {\"num_attention_heads\": 4}}");
        copyTokenizer("tiny-sd15/tokenizer");
        drawAll("expected", exact(Models.clip().model(file)), exact(Models.ella().model(file)));
    }

    @Test
    void sdxlFolder() throws IOException {
        Path model = Models.path("tiny-sdxl");
        drawAll(
                "expected-sdxl",
                exact(Models.clip().model(model)),
                exact(Models.ella().model(model)));
    }

    @Test
    void sdxlSingleFileWithOneTokenizerForBothEncoders() throws IOException {
        Path file =
                Files.copy(
                        Models.path("tiny-sdxl-single.safetensors"),
                        folder.resolve("m.safetensors"));
        Files.copy(Models.path("tiny-sdxl-single.json"), folder.resolve("m.json"));
        copyTokenizer("tiny-sdxl/tokenizer");
        drawAll(
                "expected-sdxl",
                exact(Models.clip().model(file)),
                exact(Models.ella().model(file)));
    }

    @Test
    void lora() throws IOException {
        Path file = Models.path("tiny-sdxl-lora.safetensors");
        List<Expected> changed =
                expected("expected-sdxl").stream().filter(e -> e.hasLora()).toList();
        assertThat(changed).isNotEmpty();
        for (Expected expected : changed) {
            double scale = expected.settings().number("lora_scale", 1);
            Path model = Models.path("tiny-sdxl");
            try (ElllaPipeline whole = exact(Models.clip().model(model).lora(file, scale));
                    ElllaPipeline halves =
                            exact(
                                    Models.clip()
                                            .model(model)
                                            .lora(file, scale / 2)
                                            .lora(file, scale / 2))) {
                expected.isDrawnBy(whole);
                expected.isDrawnBy(halves);
            }
        }
    }

    private void copyTokenizer(String from) throws IOException {
        Path tokenizer = Files.createDirectory(folder.resolve("tokenizer"));
        for (String name : List.of("vocab.json", "merges.txt")) {
            Files.copy(Models.path(from).resolve(name), tokenizer.resolve(name));
        }
    }

    private static ElllaPipeline exact(ElllaPipeline.Builder builder) {
        return builder.precision(Precision.FP32).build();
    }

    /** Draws what was drawn without a LoRA, and closes the pipelines. */
    private static void drawAll(String name, ElllaPipeline clip, ElllaPipeline ella)
            throws IOException {
        try (clip;
                ella) {
            for (Expected expected : expected(name)) {
                if (!expected.hasLora()) {
                    expected.isDrawnBy(expected.isPlain() ? clip : ella);
                }
            }
        }
    }

    private static List<Expected> expected(String name) throws IOException {
        List<Expected> all = new ArrayList<>();
        String json = Files.readString(Models.path(name + ".json"));
        for (JsonElement element : JsonParser.parseString(json).getAsJsonArray()) {
            int index = all.size();
            Config settings = Config.of(element.getAsJsonObject(), name + " " + index);
            all.add(new Expected(settings, name + ".safetensors", "image." + index));
        }
        return all;
    }

    /** What a reference drew, [3, H, W] from 0 to 1 in a tensor of a file, and from what. */
    private record Expected(Config settings, String file, String tensor) {

        boolean isPlain() {
            return settings.string("mode").equals("clip");
        }

        boolean hasLora() {
            return settings.has("lora_scale");
        }

        void isDrawnBy(ElllaPipeline pipeline) {
            float[] found = pipeline.generate(request()).image().toChw();
            String name = settings.origin();
            assertThat(ConformanceCase.relativeL2(name, found, pixels()))
                    .as(name)
                    .isLessThan(LIMIT);
        }

        private float[] pixels() {
            try (Safetensors images = Safetensors.open(Models.path(file))) {
                float[] pixels = images.tensor(tensor).floatArray();
                for (int i = 0; i < pixels.length; i++) {
                    pixels[i] = (float) (Math.rint(pixels[i] * 255) / 255); // as 8 bits have it
                }
                return pixels;
            }
        }

        private GenerationRequest request() {
            GenerationRequest.Builder request =
                    GenerationRequest.of(settings.string("prompt"))
                            .steps(settings.integer("steps"))
                            .guidance(settings.number("guidance", 0))
                            .seed(settings.integer("seed"))
                            .size(settings.integer("width", 0), settings.integer("height", 0))
                            .tokenLength(
                                    settings.string("mode").equals("fixed")
                                            ? TokenLength.fixed(settings.integer("max_length", 128))
                                            : TokenLength.flexible());
            if (settings.has("negative_prompt")) {
                request.negativePrompt(settings.string("negative_prompt"));
            }
            if (settings.string("scheduler", "").equals("dpmpp-2m")) {
                request.scheduler(Schedulers.DPMPP_2M);
            }
            return request.build();
        }
    }
}
