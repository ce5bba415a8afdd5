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
    void aStepOfTraining() {
        Run run =
                Run.ella("bench", "train", "--batch", "2", "--size", "8", "--runs", "1", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("batch").getAsInt()).isEqualTo(2);
        assertThat(run.json().get("gflops").getAsDouble()).isPositive();
    }

    @Test
    void thereIsNoConnectorForSdxl() {
        assertThat(Run.ella("bench", "tsc", "--config", "sdxl").code()).isEqualTo(1);
    }
}
