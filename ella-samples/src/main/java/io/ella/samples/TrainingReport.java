package io.ella.samples;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.train.TrainingProgress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Shows how a training goes: a progress bar for each of its phases, and where the last stands. */
final class TrainingReport implements AutoCloseable {
    private final Console console;
    private @Nullable Progress bar;
    private String phase = "";
    private @Nullable TrainingProgress first;
    private @Nullable TrainingProgress last;

    TrainingReport(Console console) {
        this.console = console;
    }

    void at(TrainingProgress progress) {
        if (!progress.phase().equals(phase)) {
            end();
            phase = progress.phase();
            bar = new Progress(console, phase);
            first = null;
        }
        boolean trains = !Double.isNaN(progress.loss());
        if (bar != null) {
            bar.at(
                    Math.toIntExact(progress.step()),
                    Math.toIntExact(progress.steps()),
                    trains ? String.format(Locale.ROOT, "loss %.4f", progress.loss()) : "");
        }
        if (trains) {
            first = first == null ? progress : first;
            last = progress;
        }
    }

    /** Forgets what the last phase reported. */
    void reset() {
        first = null;
        last = null;
    }

    /** The losses of this run, null where no step was reported. */
    JsonObject json() {
        JsonObject json = new JsonObject();
        TrainingProgress end = last;
        json.add("step", end == null ? JsonNull.INSTANCE : new JsonPrimitive(end.step()));
        json.add("first_loss", first == null ? JsonNull.INSTANCE : new JsonPrimitive(first.loss()));
        json.add("last_loss", end == null ? JsonNull.INSTANCE : new JsonPrimitive(end.loss()));
        json.add(
                "seconds_per_step",
                end == null ? JsonNull.INSTANCE : new JsonPrimitive(end.secondsPerStep()));
        return json;
    }

    /** In what to train: fp16 would need its loss scaled. */
    static Precision precision(Machine machine, Console console) {
        Precision asked = machine.precision(console, Precision.AUTO);
        return switch (asked) {
            case AUTO -> Torch.hasFastBf16() ? Precision.BF16 : Precision.FP32;
            case FP16 ->
                    throw console.misuse(
                            "training in fp16 is not supported: gradients vanish in it. Choose bf16, which needs as little memory, or fp32");
            case FP32, BF16 -> asked;
        };
    }

    /** Ends the bar. */
    void end() {
        if (bar != null) {
            bar.close();
        }
    }

    @Override
    public void close() {
        end();
    }
}
