package io.ella.core.torch;

import ai.djl.pytorch.jni.JniUtils;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ella.core.torch.OperationTime.Part;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what libtorch's profiler writes: a trace of calls, those within others included. */
final class Profile {
    /** The name under which a program records what it computes attention with. */
    static final String ATTENTION = "ella::attention";

    /** The same of a convolution. */
    static final String CONVOLUTION = "ella::convolution";

    private static final Map<String, Part> MARKS =
            Map.of(ATTENTION, Part.ATTENTION, CONVOLUTION, Part.CONVOLUTION);

    /** One call, in microseconds. */
    private record Call(String name, double start, double duration) {
        double end() {
            return start + duration;
        }
    }

    /** What calls are added up by. */
    private record Kind(String name, Part part) {}

    /** A call within which others are. */
    private record Caller(Kind kind, double end) {}

    private Profile() {}

    static List<OperationTime> of(Runnable work) {
        Path file = null;
        try {
            file = Files.createTempFile("ella", ".json");
            JniUtils.startProfile(false, false, false);
            try {
                work.run();
            } finally {
                JniUtils.stopProfile(file.toString());
            }
            try (Reader reader = Files.newBufferedReader(file)) {
                return times(calls(JsonParser.parseReader(reader)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            delete(file);
        }
    }

    private static void delete(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Call> calls(JsonElement trace) {
        JsonArray events =
                trace.isJsonArray()
                        ? trace.getAsJsonArray()
                        : trace.getAsJsonObject().getAsJsonArray("traceEvents");
        List<Call> calls = new ArrayList<>();
        for (JsonElement element : events) {
            JsonObject event = element.getAsJsonObject();
            if (event.has("dur") && event.get("name").getAsString().contains("::")) {
                calls.add(
                        new Call(
                                event.get("name").getAsString(),
                                event.get("ts").getAsDouble(),
                                event.get("dur").getAsDouble()));
            }
        }
        return calls;
    }

    /** Takes from each call what the calls within it took; the longest in total come first. */
    private static List<OperationTime> times(List<Call> calls) {
        List<Call> sorted = new ArrayList<>(calls);
        sorted.sort(
                Comparator.comparingDouble(Call::start)
                        .thenComparing(Call::duration, Comparator.reverseOrder()));
        Map<Kind, OperationTime> times = new HashMap<>();
        Deque<Caller> open = new ArrayDeque<>();
        for (Call call : sorted) {
            while (!open.isEmpty() && open.peek().end() <= call.start) {
                open.pop();
            }
            Caller caller = open.peek();
            if (caller != null) {
                add(times, caller.kind, 0, -call.duration);
            }
            Part outer = caller == null ? Part.WHOLE : caller.kind.part;
            Kind kind = new Kind(call.name, MARKS.getOrDefault(call.name, outer));
            add(times, kind, 1, call.duration);
            open.push(new Caller(kind, call.end()));
        }
        return times.values().stream()
                .sorted(Comparator.comparingDouble(OperationTime::seconds).reversed())
                .toList();
    }

    private static void add(
            Map<Kind, OperationTime> times, Kind kind, int calls, double microseconds) {
        times.merge(
                kind,
                new OperationTime(kind.name, kind.part, calls, microseconds / 1e6),
                (a, b) ->
                        new OperationTime(
                                kind.name,
                                kind.part,
                                a.calls() + b.calls(),
                                a.seconds() + b.seconds()));
    }
}
