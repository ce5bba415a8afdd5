package io.ella.samples.conformance;

import io.ella.core.EllaException;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs conformance cases one after another on a device. Not thread-safe. */
public final class Conformance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Conformance.class);

    private static final Map<String, CaseRunner> RUNNERS =
            Map.ofEntries(
                    Map.entry("tsc", new TscRunner()),
                    Map.entry("t5", new TextEncoderRunner()),
                    Map.entry("llama", new TextEncoderRunner()),
                    Map.entry("clip", new ClipRunner()),
                    Map.entry("unet", new UNetRunner()),
                    Map.entry("unet_lora", new UNetLoraRunner()),
                    Map.entry("controlnet", new ControlNetRunner()),
                    Map.entry("vae", new VaeRunner()),
                    Map.entry("scheduler", new SchedulerRunner()),
                    Map.entry("noise", new NoiseRunner()),
                    Map.entry("pipeline", new PipelineRunner()));

    private final Workbench workbench;

    private Conformance(Workbench workbench) {
        this.workbench = workbench;
    }

    /**
     * Opens a device.
     *
     * @param device where to run
     * @param precision in what; FP32 is the exact mode that the limits of the cases are for
     * @throws EllaException if the device is absent
     */
    public static Conformance open(Device device, Precision precision) {
        return new Conformance(new Workbench(Torch.open(device), precision));
    }

    /**
     * {@return how a case went; whatever goes wrong with it is in there too}
     *
     * @param folder with {@code case.json} and {@code tensors.safetensors}
     * @param tolerance the largest distance that passes, instead of the case's own
     */
    public CaseResult run(Path folder, OptionalDouble tolerance) {
        String name = String.valueOf(folder.getFileName());
        double limit = tolerance.orElse(ConformanceCase.USUAL_TOLERANCE);
        String component = "";
        long start = System.nanoTime();
        try {
            ConformanceCase given = ConformanceCase.read(folder);
            component = given.component();
            limit = tolerance.orElse(given.tolerance());
            CaseRunner runner = RUNNERS.get(component);
            if (runner == null) {
                throw new EllaException(
                        "there is no component \"%s\", only %s"
                                .formatted(component, RUNNERS.keySet().stream().sorted().toList()));
            }
            Worst worst = Worst.of(given, runner.run(given, workbench));
            return new CaseResult(
                    name,
                    component,
                    worst.distance,
                    worst.output,
                    limit,
                    seconds(start),
                    Optional.empty());
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.info("{} failed", name, e);
            String message = e instanceof EllaException ? String.valueOf(e.getMessage()) : "" + e;
            return new CaseResult(
                    name,
                    component,
                    Double.NaN,
                    "",
                    limit,
                    seconds(start),
                    Optional.of(message.replace("\n", " ")));
        }
    }

    private static double seconds(long start) {
        return Math.round((System.nanoTime() - start) / 1e6) / 1e3;
    }

    /** Frees the device. */
    @Override
    public void close() {
        workbench.torch().close();
    }

    private record Worst(String output, double distance) {

        static Worst of(ConformanceCase given, Map<String, float[]> results) {
            List<String> outputs = given.outputs();
            if (outputs.isEmpty()) {
                throw new EllaException("the case expects nothing: it has no tensor \"out.*\"");
            }
            Worst worst = new Worst("", -1);
            for (String output : outputs) {
                float[] found = results.get(output);
                if (found == null) {
                    throw new EllaException(
                            "the case expects \"%s\"; a %s gives %s"
                                    .formatted(output, given.component(), results.keySet()));
                }
                double distance = given.distance(output, found);
                if (!(distance <= worst.distance)) {
                    worst = new Worst(output, distance);
                }
                if (Double.isNaN(distance)) {
                    break; // nothing is worse
                }
            }
            return worst;
        }
    }
}
