package io.ella.samples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.torch.Precision;
import io.ella.samples.conformance.CaseResult;
import io.ella.samples.conformance.Conformance;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ella verify}: conformance cases against what the references gave. */
@Command(
        name = "verify",
        description = {
            "Run conformance cases against the results of the reference implementations.",
            "Exit code 1 if any fails."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class VerifyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "Every case below is run.")
    private Path folder;

    @Option(
            names = "--only",
            paramLabel = "GLOB",
            description = "Cases of such names only, for example 'unet-*'.")
    private @Nullable String only;

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            description =
                    "The largest relative L2 distance that passes. Default: each case's own, which"
                            + " is for fp32.")
    private @Nullable Double tolerance;

    @Mixin private Machine machine = new Machine();
    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        machine.check(console);
        if (folder.toString().isBlank()) {
            throw console.misuse("the path of the cases is blank");
        }
        if (tolerance != null && !(tolerance >= 0 && Double.isFinite(tolerance))) {
            throw console.misuse("--tolerance is " + tolerance + ", expected a number from 0");
        }
        List<Path> cases = cases();
        machine.start();
        int failed = 0;
        JsonArray results = new JsonArray();
        Precision precision = machine.precision(console, Precision.FP32);
        try (Ending ending = new Ending(console);
                Conformance conformance = Conformance.open(machine.device(console), precision);
                Progress progress = new Progress(console, "Verifying")) {
            for (Path path : cases) {
                ending.check();
                OptionalDouble limit =
                        tolerance == null ? OptionalDouble.empty() : OptionalDouble.of(tolerance);
                CaseResult result = conformance.run(path, limit);
                failed += result.passed() ? 0 : 1;
                console.line(line(result));
                results.add(json(result));
                progress.at(results.size(), cases.size());
            }
        }
        int passed = cases.size() - failed;
        console.line(passed + " passed, " + failed + " failed");
        JsonObject report = new JsonObject();
        report.add("cases", results);
        report.addProperty("passed", passed);
        report.addProperty("failed", failed);
        console.result(report);
        return failed == 0 ? 0 : 1;
    }

    private List<Path> cases() {
        List<Path> all = ConformanceCase.find(folder);
        if (only == null) {
            return all;
        }
        PathMatcher matcher = matcher(only);
        List<Path> some = all.stream().filter(c -> matcher.matches(c.getFileName())).toList();
        if (some.isEmpty()) {
            throw new EllaException(
                    "none of the %d cases below %s has a name like \"%s\""
                            .formatted(all.size(), folder, only));
        }
        return some;
    }

    private PathMatcher matcher(String glob) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + glob);
        } catch (PatternSyntaxException e) {
            throw console.misuse("--only is \"" + glob + "\", no glob: " + e.getDescription());
        }
    }

    private static String line(CaseResult result) {
        String verdict = result.passed() ? "@|green pass|@" : "@|red fail|@";
        String distance =
                result.error().isPresent()
                        ? "-"
                        : String.format(Locale.ROOT, "%.2e", result.distance());
        String line =
                String.format(
                        Locale.ROOT,
                        "%-32s %9s  limit %.0e  %s",
                        result.name(),
                        distance,
                        result.limit(),
                        verdict);
        if (result.error().isPresent()) {
            return line + "  " + result.error().get();
        }
        return result.passed() ? line : line + "  worst output: " + result.worst();
    }

    private static JsonObject json(CaseResult result) {
        JsonObject json = new JsonObject();
        json.addProperty("name", result.name());
        json.addProperty("component", result.component());
        result.error()
                .ifPresentOrElse(
                        message -> json.addProperty("error", message),
                        () -> {
                            json.addProperty("relL2", result.distance());
                            json.addProperty("worst", result.worst());
                        });
        json.addProperty("limit", result.limit());
        json.addProperty("passed", result.passed());
        json.addProperty("seconds", result.seconds());
        return json;
    }
}
