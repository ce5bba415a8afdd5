package io.ella.samples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ella.core.EllaException;
import io.ella.pipeline.ElllaPipeline;
import io.ella.pipeline.Generation;
import io.ella.pipeline.GenerationRequest;
import io.ella.pipeline.Provenance;
import io.ella.samples.bench.PeakMemory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One generation with its progress bar. When the process is told to end, the generation stops at
 * its next step and everything is freed before the process goes.
 */
final class Drawing implements AutoCloseable {
    private final Console console;
    private final Ending ending;
    private volatile @Nullable CompletableFuture<Generation> running;
    private double loadSeconds;

    Drawing(Console console) {
        this.console = console;
        this.ending = new Ending(console, this::cancel);
    }

    Generation generate(ElllaPipeline.Builder builder, GenerationRequest.Builder request) {
        long start = System.nanoTime();
        try (ElllaPipeline pipeline = builder.build();
                Progress progress = new Progress(console, "Drawing")) {
            // Files stay mapped, and count as memory of the process, until it is known that nobody
            // reads them.
            System.gc();
            loadSeconds = seconds(System.nanoTime() - start);
            request.onStep(step -> progress.at(step.index(), step.total()));
            CompletableFuture<Generation> future = pipeline.generateAsync(request.build());
            running = future;
            if (ending.isNear()) {
                future.cancel(true);
            }
            return await(future);
        }
    }

    private static Generation await(CompletableFuture<Generation> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new EllaException("the generation failed: " + e.getCause(), e);
        } catch (CancellationException | InterruptedException e) {
            throw new EllaException("cancelled; nothing was written", e);
        }
    }

    private void cancel() {
        CompletableFuture<Generation> future = running;
        if (future != null) {
            future.cancel(true);
        }
    }

    /**
     * {@return what is printed with --json}
     *
     * @param files where the images were written
     * @param nanos since the command began
     */
    JsonObject report(Generation generation, List<Path> files, long nanos) {
        Provenance first = generation.provenances().get(0);
        JsonObject settings = json(first.settings());
        settings.addProperty("seed", generation.seeds().get(0));
        settings.addProperty("count", files.size());
        JsonObject seconds = new JsonObject();
        seconds.addProperty("load", loadSeconds);
        generation
                .timings()
                .forEach((stage, time) -> seconds.addProperty(stage, seconds(time.toNanos())));
        seconds.addProperty("total", seconds(nanos));
        JsonArray names = new JsonArray();
        files.forEach(file -> names.add(file.toString()));
        JsonArray seeds = new JsonArray();
        generation.seeds().forEach(seeds::add);
        JsonObject report = new JsonObject();
        report.add("files", names);
        report.add("seeds", seeds);
        report.add("seconds", seconds);
        PeakMemory.bytes().ifPresent(bytes -> report.addProperty("peakBytes", bytes));
        report.add("settings", settings);
        report.add("pipeline", json(first.pipeline()));
        return report;
    }

    private static double seconds(long nanos) {
        return Math.round(nanos / 1e6) / 1e3;
    }

    private static JsonObject json(Map<String, ?> values) {
        JsonObject object = new JsonObject();
        values.forEach(
                (key, value) ->
                        object.add(
                                key,
                                value instanceof Number number
                                        ? new JsonPrimitive(number)
                                        : new JsonPrimitive(String.valueOf(value))));
        return object;
    }

    @Override
    public void close() {
        ending.close();
    }
}
