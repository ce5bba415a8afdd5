package io.ella.samples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ella.core.weights.DType;
import io.ella.samples.info.CheckpointInfo;
import io.ella.samples.info.ComponentInfo;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ella info}: what a checkpoint is. */
@Command(
        name = "info",
        description = "Say what a checkpoint is, component by component, and what it lacks.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class InfoCommand implements Callable<Integer> {
    private static final String ROW = "%-18s %-26s %14s  %-9s %10s  %s";

    @Parameters(
            paramLabel = "PATH",
            description = "A folder in diffusers' layout, one component's, or a .safetensors file.")
    private Path path;

    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        if (path.toString().isBlank()) {
            throw console.misuse("the path is blank");
        }
        CheckpointInfo info = CheckpointInfo.of(path);
        console.line(path + ": " + info.kind());
        console.line(
                ROW.formatted("COMPONENT", "CLASS", "PARAMETERS", "DTYPE", "SIZE", "")
                        .stripTrailing());
        info.components().forEach(this::print);
        console.result(json(info));
        return 0;
    }

    private void print(ComponentInfo component) {
        boolean plain = component.tensors() == 0;
        console.line(
                ROW.formatted(
                                component.name(),
                                component.type(),
                                plain ? "" : String.format(Locale.ROOT, "%,d", component.weights()),
                                dtypes(component),
                                plain ? "" : size(component.bytes()),
                                component.details())
                        .stripTrailing());
        component.problems().forEach(problem -> console.line("  ! " + problem));
    }

    private static String dtypes(ComponentInfo component) {
        return component.dtypes().keySet().stream()
                .map(DType::toString)
                .collect(Collectors.joining("+"));
    }

    private static String size(long bytes) {
        return bytes >= 1e9
                ? String.format(Locale.ROOT, "%.2f GB", bytes / 1e9)
                : String.format(Locale.ROOT, "%.2f MB", bytes / 1e6);
    }

    private static JsonObject json(CheckpointInfo info) {
        JsonArray components = new JsonArray();
        for (ComponentInfo component : info.components()) {
            JsonObject json = new JsonObject();
            json.addProperty("name", component.name());
            json.addProperty("class", component.type());
            json.addProperty("tensors", component.tensors());
            json.addProperty("parameters", component.weights());
            JsonObject dtypes = new JsonObject();
            component.dtypes().forEach((dtype, count) -> dtypes.addProperty("" + dtype, count));
            json.add("dtypes", dtypes);
            json.addProperty("bytes", component.bytes());
            json.addProperty("details", component.details());
            JsonArray problems = new JsonArray();
            component.problems().forEach(problems::add);
            json.add("problems", problems);
            components.add(json);
        }
        JsonObject json = new JsonObject();
        json.addProperty("path", info.path().toString());
        json.addProperty("kind", info.kind());
        json.add("components", components);
        return json;
    }
}
