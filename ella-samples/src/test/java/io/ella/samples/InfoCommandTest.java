package io.ella.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.ella.core.conformance.ConformanceResources;
import io.ella.pipeline.EmbeddedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InfoCommandTest {
    @TempDir Path folder;

    @Test
    void folders() {
        Run run = info(TestModels.get("tiny-sd15"));
        assertThat(run.out())
                .contains("diffusers' layout")
                .containsPattern("unet +UNet2DConditionModel +2,174,852 +F32 +8.70 MB")
                .containsPattern("vae +AutoencoderKL")
                .containsPattern("scheduler +PNDMScheduler")
                .containsPattern("text_encoder +CLIPTextModel")
                .containsPattern("tokenizer +CLIPTokenizer")
                .doesNotContain("!");
    }

    @Test
    void singleFiles() {
        Run run = info(TestModels.get("tiny-sd15-single.safetensors"));
        assertThat(run.out())
                .contains("original layout, SD1")
                .containsPattern("unet +UNet2DConditionModel +2,174,852 +F32")
                .contains("PNDMScheduler")
                .contains("! without ELLA it needs a folder \"tokenizer\"");
        assertThat(info(TestModels.get("tiny-sdxl-single.safetensors")).out())
                .contains("original layout, SDXL")
                .containsPattern("text_encoder_2 +CLIPTextModelWithProjection +85,360 +F16")
                .contains("! it needs a folder \"tokenizer\"");
    }

    @Test
    void connectorsAndTextEncodersAndLoras() {
        assertThat(info(TestModels.get("ella-tiny.safetensors")).out())
                .containsPattern("adaln connector +162,944 +F16")
                .contains("4 heads");
        assertThat(info(TestModels.get("tiny-t5")).out()).containsPattern("T5EncoderModel +63,072");
        Path lora = ConformanceResources.get("lora-tiny-peft").folder();
        assertThat(info(lora.resolve("lora.safetensors")).out()).contains("changes unet");
    }

    @Test
    void theEmbeddedModelHasEverythingTogether() {
        try (EmbeddedModel model = EmbeddedModel.unpack()) {
            assertThat(info(model.folder()).out())
                    .containsPattern("ella +adaln connector")
                    .containsPattern("ella_text_encoder +T5EncoderModel")
                    .containsPattern("tiny_vae +AutoencoderTiny +77,539 +F16")
                    .doesNotContain("!");
        }
    }

    @Test
    void asJson() {
        JsonObject json = Run.ella("info", TestModels.get("tiny-sd15").toString(), "--json").json();
        JsonObject unet = json.getAsJsonArray("components").get(0).getAsJsonObject();
        assertThat(unet.get("name").getAsString()).isEqualTo("unet");
        assertThat(unet.get("parameters").getAsLong()).isEqualTo(2_174_852);
        assertThat(unet.getAsJsonObject("dtypes").keySet()).containsExactly("F32");
        assertThat(unet.getAsJsonArray("problems")).isEmpty();
    }

    @Test
    void whatIsMissingIsSaid() throws IOException {
        Path model = TestModels.copy("tiny-sd15", folder);
        Files.delete(model.resolve("unet/diffusion_pytorch_model-00003-of-00016.safetensors"));
        Files.delete(model.resolve("vae/config.json"));
        Files.delete(model.resolve("scheduler/scheduler_config.json"));
        Files.delete(model.resolve("scheduler"));
        Run run = info(model);
        assertThat(run.out())
                .contains("00003-of-00016")
                .contains("vae/config.json is missing")
                .contains("the folder scheduler is missing");
    }

    @Test
    void foldersOfNothing() {
        Run run = Run.ella("info", folder.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("ella: ").contains(".safetensors");
    }

    private static Run info(Path path) {
        Run run = Run.ella("info", path.toString());
        assertThat(run.code()).as(run.err()).isZero();
        return run;
    }
}
