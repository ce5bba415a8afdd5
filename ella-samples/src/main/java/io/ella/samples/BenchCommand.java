package io.ella.samples;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ella.core.graph.Cost;
import io.ella.core.torch.OperationTime;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.samples.bench.Benchmark;
import io.ella.samples.bench.Median;
import io.ella.samples.bench.Peak;
import io.ella.samples.bench.PeakMemory;
import io.ella.samples.bench.Spent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ella bench}: how fast one network is, at full size and with computed weights. */
@Command(
        name = "bench",
        description = "Time one network of full size; no checkpoint is needed.",
        subcommands = {BenchPeakCommand.class, BenchApproximationsCommand.class},
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BenchCommand implements Callable<Integer> {
    /** TorchScript specializes a program in its first two runs. */
    private static final int WARM_UP = 2;

    @Parameters(
            arity = "0..1",
            paramLabel = "unet|vae|t5|tsc|clip|train",
            description =
                    "Which network: U-Net, VAE decoder, flan-t5-xl, connector, CLIP; or a step of"
                            + " training of a small U-Net.")
    private Benchmark.@Nullable Model model;

    @Option(
            names = "--size",
            paramLabel = "N",
            description =
                    "Height and width of the latent (default: 64, SDXL 128, train 16); for t5, tsc and clip"
                            + " the number of tokens (default: 128, 128, 77).")
    private int size;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Rows (default: 2 for unet, 64 for train, else 1).")
    private int batch;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "5",
            description = "Timed runs, after the warm-up. Default: ${DEFAULT-VALUE}.")
    private int runs = 5;

    @Option(
            names = "--config",
            paramLabel = "sd15|sdxl",
            defaultValue = "sd15",
            description = "Which family of models. Default: ${DEFAULT-VALUE}.")
    private Benchmark.Family family = Benchmark.Family.SD15;

    @Option(names = "--streamed", description = "t5: read the weights layer by layer at each run.")
    private boolean streamed;

    @Option(
            names = "--profile",
            description =
                    "Also say what one more run spends its time in, and how near that is to the"
                            + " machine's own speed.")
    private boolean profile;

    @Mixin private Machine machine = new Machine();
    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        Benchmark.Model which = model;
        if (which == null) {
            throw console.misuse("name a network to time, or peak, or approximations");
        }
        machine.check(console);
        console.checkRange("--size", size, 0, 1024);
        console.checkRange("--batch", batch, 0, 256);
        console.checkRange("--runs", runs, 1, 10_000);
        if (which == Benchmark.Model.CLIP) {
            console.checkRange("--size", size, 0, 77);
        }
        Precision asked = machine.precision(console, Precision.AUTO);
        machine.start();
        Benchmark.Load load = new Benchmark.Load(family, size, batch, streamed);
        try (Ending ending = new Ending(console);
                Torch torch = Torch.open(machine.device(console));
                Benchmark benchmark = Benchmark.open(which, load, torch, asked);
                Progress progress = new Progress(console, "Running")) {
            List<Double> seconds = new ArrayList<>();
            for (int i = 0; i < WARM_UP + runs; i++) {
                ending.check();
                long start = System.nanoTime();
                benchmark.run();
                if (i >= WARM_UP) {
                    seconds.add(Math.round((System.nanoTime() - start) / 1e5) / 1e4);
                }
                progress.at(i + 1, WARM_UP + runs);
            }
            report(which, benchmark, seconds);
            if (profile) {
                List<OperationTime> operations = torch.profile(benchmark::run);
                Peak peak = Peak.measure(torch, benchmark.precision(), runs);
                profile(Spent.of(operations, benchmark.costs()), peak);
                profile(operations);
            }
        }
        return 0;
    }

    private void report(Benchmark.Model which, Benchmark benchmark, List<Double> seconds) {
        double median = Median.of(seconds);
        long flops = benchmark.costs().stream().mapToLong(Cost::flops).sum();
        double gflops = flops / median / 1e9;
        OptionalLong peak = PeakMemory.bytes();
        Benchmark.Load load = benchmark.load();
        String name = which.name().toLowerCase(Locale.ROOT);
        String config = family.name().toLowerCase(Locale.ROOT);
        console.line(
                String.format(
                        Locale.ROOT,
                        "%s %s, %s, batch %d, size %d: median %.4f s of %d runs, %.0f GFLOP/s, peak"
                                + " %s, %d threads",
                        name,
                        config,
                        benchmark.precision(),
                        load.batch(),
                        load.size(),
                        median,
                        seconds.size(),
                        gflops,
                        peak.isPresent()
                                ? String.format(Locale.ROOT, "%.2f GB", peak.getAsLong() / 1e9)
                                : "unknown",
                        Torch.threads()));
        JsonObject json = new JsonObject();
        json.addProperty("model", name);
        json.addProperty("config", config);
        JsonArray list = new JsonArray();
        seconds.forEach(list::add);
        json.add("seconds", list);
        json.addProperty("median", median);
        json.addProperty("gflops", gflops);
        json.add(
                "peakBytes",
                peak.isPresent() ? new JsonPrimitive(peak.getAsLong()) : JsonNull.INSTANCE);
        json.addProperty("precision", benchmark.precision().toString());
        json.addProperty("threads", Torch.threads());
        json.addProperty("batch", load.batch());
        json.addProperty("size", load.size());
        console.result(json);
    }

    /** What the time is spent for, beside what the machine could do. */
    private void profile(List<Spent> all, Peak peak) {
        double total = all.stream().mapToDouble(Spent::seconds).sum();
        console.line(
                String.format(
                        Locale.ROOT,
                        "peak: convolution %.0f GFLOP/s, matrix product %.0f GFLOP/s",
                        peak.convolution(),
                        peak.matmul()));
        for (Spent spent : all) {
            double gflops = spent.flops() / spent.seconds() / 1e9;
            console.line(
                    String.format(
                            Locale.ROOT,
                            "%-12s %5.1f %%  %8.4f s  %6.1f GFLOP  %5.0f GFLOP/s  %3.0f %% of peak"
                                    + "  %6.2f GB",
                            spent.work(),
                            100 * spent.seconds() / total,
                            spent.seconds(),
                            spent.flops() / 1e9,
                            gflops,
                            100 * gflops / peak.gflops(),
                            spent.bytes() / 1e9));
        }
    }

    /** The operations that take at least a thousandth. */
    private void profile(List<OperationTime> operations) {
        double total = operations.stream().mapToDouble(OperationTime::seconds).sum();
        for (OperationTime operation : operations) {
            double share = operation.seconds() / total;
            if (share >= 0.001) {
                console.line(
                        String.format(
                                Locale.ROOT,
                                "%-50s %5.1f %%  %8.4f s  %5d calls%s",
                                operation.name(),
                                100 * share,
                                operation.seconds(),
                                operation.calls(),
                                switch (operation.part()) {
                                    case WHOLE -> "";
                                    case ATTENTION -> " of attention";
                                    case CONVOLUTION -> " of a convolution";
                                }));
            }
        }
    }
}
