package io.ella.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.ella.core.conformance.ConformanceResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerifyCommandTest {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "clip-tiny",
                "clip-tiny-projection",
                "controlnet-tiny",
                "llama-tiny-gqa",
                "lora-tiny-kohya",
                "lora-tiny-peft",
                "noise",
                "pipeline-tiny-fixed-ddim",
                "pipeline-tiny-flexible-dpmpp",
                "scheduler-dpmpp-2m-karras",
                "scheduler-unipc-img2img",
                "t5-tiny-relu",
                "tsc-tiny",
                "unet-tiny-sd",
                "unet-tiny-xl",
                "vae-tiny"
            })
    void everyComponentIsAsTheReference(String name) throws IOException {
        add(name);
        Run run = Run.ella("verify", folder.toString());
        assertThat(run.code()).as(run.out()).isZero();
        assertThat(run.out().lines().toList().get(0)).startsWith(name).contains("pass");
        assertThat(run.out().lines()).last().isEqualTo("1 passed, 0 failed");
    }

    @Test
    void changedResultsFail() throws IOException {
        add("scheduler-ddim");
        TestModels.damage(add("noise").resolve("tensors.safetensors"));
        Run run = Run.ella("verify", folder.toString());
        assertThat(run.code()).isEqualTo(1);
        List<String> lines = run.out().lines().toList();
        assertThat(lines.get(0)).startsWith("noise").contains("fail");
        assertThat(lines.get(1)).startsWith("scheduler-ddim").contains("pass");
        assertThat(lines.get(2)).isEqualTo("1 passed, 1 failed");
    }

    @Test
    void resultsThatAreNoNumbersFail() throws IOException {
        Path tensors = add("noise").resolve("tensors.safetensors");
        byte[] bytes = Files.readAllBytes(tensors);
        bytes[bytes.length - 1] = 0x7f;
        bytes[bytes.length - 2] = (byte) 0xff;
        Files.write(tensors, bytes);
        assertThat(Run.ella("verify", folder.toString(), "--tolerance", "1e9").code()).isEqualTo(1);
    }

    @Test
    void casesThatCannotRunFailWithTheReason() throws IOException {
        Files.delete(add("scheduler-ddim").resolve("tensors.safetensors"));
        change("noise", "\"component\": \"noise\"", "\"component\": \"audio\"");
        change("tsc-tiny", "\"width\": 64", "\"width\": 60");
        Run run = Run.ella("verify", folder.toString());
        assertThat(run.code()).isEqualTo(1);
        List<String> lines = run.out().lines().toList();
        assertThat(lines.get(0)).startsWith("noise").contains("fail").contains("\"audio\"");
        assertThat(lines.get(1)).startsWith("scheduler-ddim").contains("tensors.safetensors");
        assertThat(lines.get(2)).startsWith("tsc-tiny").contains("fail");
        assertThat(lines.get(3)).isEqualTo("0 passed, 3 failed");
    }

    @Test
    void whatAComponentDoesNotNeedMayBeAbsent() throws IOException {
        change("noise", "\"config\": {},", "");
        assertThat(Run.ella("verify", folder.toString()).code()).isZero();
    }

    @Test
    void globsChooseAndTolerancesReplace() throws IOException {
        add("noise");
        add("scheduler-ddim");
        String[] args = {
            "verify", folder.toString(), "--only", "sched*", "--tolerance", "0", "--json"
        };
        Run run = Run.ella(args);
        assertThat(run.code()).isEqualTo(1);
        JsonObject result = run.json();
        assertThat(result.get("passed").getAsInt()).isZero();
        assertThat(result.get("failed").getAsInt()).isEqualTo(1);
        JsonObject only = result.getAsJsonArray("cases").get(0).getAsJsonObject();
        assertThat(only.get("name").getAsString()).isEqualTo("scheduler-ddim");
        assertThat(only.get("limit").getAsDouble()).isZero();
        assertThat(only.get("relL2").getAsDouble()).isPositive();
    }

    @Test
    void foldersWithoutCasesAreErrors() {
        assertThat(Run.ella("verify", folder.toString()).code()).isEqualTo(1);
        assertThat(Run.ella("verify", folder.resolve("absent").toString()).err())
                .contains("absent");
        assertThat(Run.ella("verify", "x", "--only", "[").code()).isEqualTo(1);
    }

    private Path add(String name) throws IOException {
        return TestModels.copy(ConformanceResources.get(name).folder(), folder.resolve(name));
    }

    private void change(String name, String from, String to) throws IOException {
        Path spec = add(name).resolve("case.json");
        String text = Files.readString(spec);
        assertThat(text).contains(from);
        Files.writeString(spec, text.replace(from, to));
    }
}
