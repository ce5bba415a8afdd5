package io.ella.samples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ella.core.torch.Precision;
import io.ella.samples.bench.Approximations;
import io.ella.samples.bench.Median;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ella bench approximations}: how fast they are, and how far from the exact picture. */
@Command(
        name = "approximations",
        description =
                "Draw four prompts with the embedded model in every approximate way in turn: how fast"
                        + " that is, and how far from the exact pictures.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BenchApproximationsCommand implements Callable<Integer> {
    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Timed rounds, after one that is not. Default: ${DEFAULT-VALUE}.")
    private int rounds = 1;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "Pictures of each prompt, drawn at once. Default: ${DEFAULT-VALUE}.")
    private int count = 4;

    @Mixin private Machine machine = new Machine();
    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        machine.check(console);
        console.checkRange("--rounds", rounds, 1, 1000);
        console.checkRange("--count", count, 1, 64);
        Precision precision = machine.precision(console, Precision.AUTO);
        machine.start();
        try (Ending ending = new Ending(console);
                Approximations all =
                        Approximations.open(machine.device(console), precision, count);
                Progress progress = new Progress(console, "Drawing")) {
            int pieces = all.pieces();
            for (int i = 0; i < (1 + rounds) * pieces; i++) {
                ending.check();
                all.draw(i / pieces, i % pieces);
                progress.at(i + 1, (1 + rounds) * pieces);
            }
            report(all.outcomes());
        }
        return 0;
    }

    private void report(List<Approximations.Outcome> outcomes) {
        double exact = Median.of(outcomes.get(0).seconds());
        JsonArray list = new JsonArray();
        for (Approximations.Outcome outcome : outcomes) {
            double median = Median.of(outcome.seconds());
            List<Double> psnr = outcome.psnr();
            double least = psnr.get(0);
            double most = psnr.get(psnr.size() - 1);
            console.line(
                    String.format(
                            Locale.ROOT,
                            "%-28s %7.3f s  %5.2f times the exact  %5.1f dB (%.1f to %.1f)",
                            outcome.way(),
                            median,
                            median / exact,
                            Median.of(psnr),
                            least,
                            most));
            JsonObject json = new JsonObject();
            json.addProperty("way", outcome.way());
            json.addProperty("median", median);
            JsonArray seconds = new JsonArray();
            outcome.seconds().forEach(seconds::add);
            json.add("seconds", seconds);
            JsonArray decibels = new JsonArray();
            // JSON knows no infinity, which is what the exact pictures are from themselves
            psnr.stream().filter(Double::isFinite).forEach(decibels::add);
            json.add("psnr", decibels);
            list.add(json);
        }
        JsonObject json = new JsonObject();
        json.add("ways", list);
        console.result(json);
    }
}
