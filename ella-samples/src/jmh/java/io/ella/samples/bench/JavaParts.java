package io.ella.samples.bench;

import io.ella.core.config.Config;
import io.ella.core.graph.Graph;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import io.ella.core.random.TorchGenerator;
import io.ella.core.scheduler.Sampler;
import io.ella.core.scheduler.Schedule;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.core.scheduler.Schedulers;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What Java itself computes for a picture of 512×512 pixels. */
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class JavaParts {
    private static final int LATENT = 4 * 64 * 64;
    private static final int SIDE = 512;

    private final TorchGenerator generator = new TorchGenerator(1);
    private final float[] sample = generator.randn(LATENT);
    private final float[] output = generator.randn(LATENT);
    private final Image image = gradient();
    private final UNetConfig unet = UNetConfig.from(Config.parse(Configs.SD15, "SD1.5"));

    /** One of each kind: of one step, of several, with noise. */
    @State(Scope.Thread)
    public static class Method {
        /** Its name on the command line. */
        @Param({"ddim", "dpmpp-2m", "unipc", "euler-a"})
        public String scheduler = "";
    }

    private static Image gradient() {
        float[] pixels = new float[3 * SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (i % SIDE + (i / SIDE) % 64) / (float) (SIDE + 64);
        }
        return Image.fromChw(pixels, SIDE, SIDE);
    }

    /** The first noise. */
    @Benchmark
    public float[] noise() {
        return generator.randn(LATENT);
    }

    /** All 25 steps, without the network. */
    @Benchmark
    public float[] schedulerOf25Steps(Method method) {
        Schedule schedule =
                Schedulers.named(method.scheduler)
                        .from(SchedulerConfig.STABLE_DIFFUSION_1_5)
                        .schedule(25);
        Sampler sampler = schedule.start(0, generator::randn);
        float[] x = sample.clone();
        for (int i = 0; i < schedule.timesteps().length; i++) {
            sampler.scaleModelInput(x);
            x = sampler.step(output, x);
        }
        return x;
    }

    /** The file of a picture. */
    @Benchmark
    public byte[] png() {
        return Png.encode(image, Map.of());
    }

    /** The graph of the whole network, once for each pipeline. */
    @Benchmark
    public Graph recordingOfTheUNet() {
        return UNet2DConditionModel.graph(unet, false);
    }
}
