package io.ella.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.ella.core.config.Config;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.torch.Precision;
import io.ella.core.weights.Safetensors;
import io.ella.encoders.TokenLength;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whole runs, from the text of a prompt to pixels, against what diffusers and the official ELLA
 * drew.
 */
class ReferenceImagesTest {
    private static final double LIMIT = 1e-3;

    @Test
    void folder() throws IOException {
        try (ElllaPipeline ella = Models.ella().precision(Precision.FP32).build();
                ElllaPipeline clip = Models.clip().precision(Precision.FP32).build()) {
            for (Config expected : expected()) {
                boolean plain = expected.string("mode").equals("clip");
                assertThat(distance(plain ? clip : ella, expected)).isLessThan(LIMIT);
            }
        }
    }

    @Test
    void singleFile() throws IOException {
        try (ElllaPipeline ella =
                Models.ella()
                        .model(Models.path("tiny-sd15-single.safetensors"))
                        .precision(Precision.FP32)
                        .build()) {
            for (Config expected : expected()) {
                if (!expected.string("mode").equals("clip")) {
                    assertThat(distance(ella, expected)).isLessThan(LIMIT);
                }
            }
        }
    }

    private static List<Config> expected() throws IOException {
        List<Config> all = new ArrayList<>();
        String json = Files.readString(Models.path("expected.json"));
        for (JsonElement element : JsonParser.parseString(json).getAsJsonArray()) {
            all.add(Config.of(element.getAsJsonObject(), "expected image " + all.size()));
        }
        return all;
    }

    private static double distance(ElllaPipeline pipeline, Config expected) {
        boolean fixed = expected.string("mode").equals("fixed");
        GenerationRequest request =
                GenerationRequest.of(expected.string("prompt"))
                        .negativePrompt(expected.string("negative_prompt"))
                        .steps(expected.integer("steps"))
                        .guidance(expected.number("guidance", 0))
                        .seed(expected.integer("seed"))
                        .size(expected.integer("width"), expected.integer("height"))
                        .tokenLength(
                                fixed
                                        ? TokenLength.fixed(expected.integer("max_length"))
                                        : TokenLength.flexible())
                        .build();
        float[] found = pipeline.generate(request).image().toChw();
        int index = Integer.parseInt(expected.origin().replaceAll("\\D", ""));
        try (Safetensors tensors = Safetensors.open(Models.path("expected.safetensors"))) {
            float[] image = tensors.tensor("image." + index).floatArray();
            for (int i = 0; i < image.length; i++) {
                image[i] = (float) (Math.rint(image[i] * 255) / 255); // as 8-bit pixels have it
            }
            return ConformanceCase.relativeL2(expected.origin(), found, image);
        }
    }
}
