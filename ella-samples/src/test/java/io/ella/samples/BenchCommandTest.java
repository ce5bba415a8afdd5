package io.ella.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import org.junit.jupiter.api.Test;

class BenchCommandTest {
    @Test
    void reportsOneObject() {
        Run run = Run.ella("bench", "tsc", "--size", "4", "--runs", "2", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonObject json = run.json();
        assertThat(json.keySet())
                .contains("seconds", "gflops", "peakBytes", "precision", "threads", "model");
        assertThat(json.getAsJsonArray("seconds")).hasSize(2);
        assertThat(json.get("gflops").getAsDouble()).isPositive();
        assertThat(json.get("precision").getAsString()).isEqualTo("fp32");
        assertThat(json.get("size").getAsInt()).isEqualTo(4);
    }

    @Test
    void theProfileSaysWhatTheTimeIsSpentFor() {
        Run run = Run.ella("bench", "vae", "--size", "2", "--runs", "1", "--profile");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines())
                .anySatisfy(
                        line ->
                                assertThat(line)
                                        .matches("convolution +.* GFLOP/s +[0-9]+ % of peak .*"))
                .anySatisfy(line -> assertThat(line).startsWith("peak: convolution"));
    }

    @Test
    void theMachinesPeakIsMeasured() {
        Run run = Run.ella("bench", "peak", "--precision", "fp32", "--runs", "1", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonObject fp32 = run.json().getAsJsonObject("fp32");
        assertThat(fp32.get("convolution").getAsDouble()).isPositive();
        assertThat(fp32.get("matmul").getAsDouble()).isPositive();
    }

    @Test
    void aStepOfTraining() {
        Run run =
                Run.ella("bench", "train", "--batch", "2", "--size", "8", "--runs", "1", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("batch").getAsInt()).isEqualTo(2);
        assertThat(run.json().get("gflops").getAsDouble()).isPositive();
    }

    @Test
    void approximationsNeedATimedRoundAndPictures() {
        Run run = Run.ella("bench", "approximations", "--rounds", "0");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--rounds is 0, expected 1 to 1000");
        assertThat(Run.ella("bench", "approximations", "--count", "65").code()).isEqualTo(2);
    }

    @Test
    void aNetworkHasToBeNamed() {
        Run run = Run.ella("bench", "--runs", "1");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("name a network");
    }

    @Test
    void thereIsNoConnectorForSdxl() {
        assertThat(Run.ella("bench", "tsc", "--config", "sdxl").code()).isEqualTo(1);
    }
}
