package io.ella.samples;

import com.google.gson.JsonObject;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.samples.bench.Peak;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ella bench peak}: how fast the machine can be at all. */
@Command(
        name = "peak",
        description =
                "Measure how fast the machine multiplies: a large convolution and a large matrix"
                        + " product.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BenchPeakCommand implements Callable<Integer> {
    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Timed runs, of which the best counts. Default: ${DEFAULT-VALUE}.")
    private int runs = 10;

    @Mixin private Machine machine = new Machine();
    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        machine.check(console);
        console.checkRange("--runs", runs, 1, 10_000);
        Precision asked = machine.precision(console, Precision.AUTO);
        machine.start();
        try (Ending ending = new Ending(console);
                Torch torch = Torch.open(machine.device(console))) {
            JsonObject json = new JsonObject();
            for (Precision precision : precisions(asked, torch)) {
                ending.check();
                Peak peak = Peak.measure(torch, precision, runs);
                console.line(
                        String.format(
                                Locale.ROOT,
                                "%s: convolution %.0f GFLOP/s, matrix product %.0f GFLOP/s, %d"
                                        + " threads",
                                precision,
                                peak.convolution(),
                                peak.matmul(),
                                Torch.threads()));
                JsonObject one = new JsonObject();
                one.addProperty("convolution", peak.convolution());
                one.addProperty("matmul", peak.matmul());
                json.add(precision.toString(), one);
            }
            json.addProperty("threads", Torch.threads());
            console.result(json);
        }
        return 0;
    }

    private static List<Precision> precisions(Precision asked, Torch torch) {
        if (asked != Precision.AUTO) {
            return List.of(asked);
        }
        return torch.device().isCuda()
                ? List.of(Precision.FP32, Precision.BF16, Precision.FP16)
                : List.of(Precision.FP32, Precision.BF16);
    }
}
