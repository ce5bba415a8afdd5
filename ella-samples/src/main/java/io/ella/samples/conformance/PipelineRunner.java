package io.ella.samples.conformance;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.graph.Graph;
import io.ella.core.random.TorchGenerator;
import io.ella.core.scheduler.Sampler;
import io.ella.core.scheduler.Schedule;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.HashWeights;
import io.ella.encoders.Residency;
import io.ella.encoders.T5Config;
import io.ella.encoders.TextEncoder;
import io.ella.tsc.Queries;
import io.ella.tsc.TimestepAwareSemanticConnector;
import io.ella.tsc.TscConfig;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.Shortcuts;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** All parts together, from token ids: {@code latent} and {@code image}. */
final class PipelineRunner implements CaseRunner {
    private static final int PIXELS_PER_LATENT = 8;

    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        Run run = new Run(given, workbench);
        float[] latent;
        try (Tensor negative = run.encode("negative_ids");
                Tensor positive = run.encode("prompt_ids")) {
            latent = run.denoise(negative, positive);
        }
        return Map.of("latent", latent, "image", run.decode(latent));
    }

    /** One case; the parts have the seeds s (text encoder), s+1 (ELLA), s+2 (U-Net), s+3 (VAE). */
    private static final class Run {
        private final Workbench workbench;
        private final Torch torch;
        private final Config config;
        private final Config args;
        private final long seed;
        private final int height;
        private final int width;

        Run(ConformanceCase given, Workbench workbench) {
            this.workbench = workbench;
            this.torch = workbench.torch();
            this.config = given.config();
            this.args = given.args();
            this.seed = given.seed();
            this.height = args.integer("height") / PIXELS_PER_LATENT;
            this.width = args.integer("width") / PIXELS_PER_LATENT;
        }

        Tensor encode(String key) {
            long[] ids = args.integers(key).stream().mapToLong(Integer::longValue).toArray();
            int length =
                    switch (args.string("token_length")) {
                        case "fixed" -> args.integer("max_length");
                        case "flexible" -> ids.length;
                        default ->
                                throw new EllaException(
                                        "\"token_length\" is neither fixed nor flexible");
                    };
            long[] mask = new long[length];
            Arrays.fill(mask, 0, Math.min(ids.length, length), 1);
            try (TextEncoder encoder =
                    TextEncoder.load(
                            torch,
                            T5Config.from(config.object("text_encoder")),
                            new HashWeights(seed),
                            workbench.precision(),
                            Residency.RESIDENT)) {
                long[][] padded = {Arrays.copyOf(ids, length)};
                return encoder.encode(padded, new long[][] {mask});
            }
        }

        float[] denoise(Tensor negative, Tensor positive) {
            SchedulerConfig scheduler =
                    SchedulerConfig.fromJson(config.object("scheduler").toString());
            Schedule schedule = Schedulers.fromConfig(scheduler).schedule(args.integer("steps"));
            try (TimestepAwareSemanticConnector connector =
                            TimestepAwareSemanticConnector.load(
                                    torch,
                                    TscConfig.of(config.object("ella")),
                                    new HashWeights(seed + 1),
                                    workbench.precision());
                    Queries without =
                            connector.queries("negative", negative, schedule.timesteps());
                    Queries with = connector.queries("positive", positive, schedule.timesteps())) {
                return denoise(schedule, without, with);
            }
        }

        private float[] denoise(Schedule schedule, Queries without, Queries with) {
            UNetConfig unet = UNetConfig.from(config.object("unet"));
            Graph graph = UNet2DConditionModel.guidedGraph(unet, Shortcuts.NONE);
            Precision precision = workbench.unetPrecision();
            long[] shape = {1, unet.inChannels(), height, width};
            TorchGenerator generator = new TorchGenerator(args.longInteger("seed"));
            float[] latent = generator.randn(unet.inChannels() * height * width);
            for (int i = 0; i < latent.length; i++) {
                latent[i] *= (float) schedule.initNoiseSigma();
            }
            Sampler sampler = schedule.start(0, generator::randn);
            float[] guidance = {(float) args.number("guidance", Double.NaN)};
            try (Program program = torch.compile(graph, precision);
                    Weights weights = program.load(new HashWeights(seed + 2));
                    Tensor scale = torch.tensor(guidance, 1)) {
                for (double timestep : schedule.timesteps()) {
                    try (Tensor t = torch.tensor(new float[] {(float) timestep}, 1);
                            Tensor sample = torch.tensor(sampler.scaleModelInput(latent), shape);
                            Outputs answer =
                                    program.run(
                                            weights,
                                            t,
                                            scale,
                                            sample,
                                            without.at(timestep),
                                            with.at(timestep))) {
                        latent = sampler.step(answer.get(0).floats(), latent);
                    }
                }
            }
            return latent;
        }

        float[] decode(float[] latent) {
            VaeConfig vae = VaeConfig.from(config.object("vae"));
            float[] scaled = new float[latent.length];
            for (int i = 0; i < scaled.length; i++) {
                scaled[i] = (float) (latent[i] / vae.scalingFactor());
            }
            try (Tensor input = torch.tensor(scaled, 1, vae.latentChannels(), height, width)) {
                List<float[]> decoded =
                        workbench.run(
                                AutoencoderKL.decoder(vae),
                                workbench.precision(),
                                seed + 3,
                                Map.of("latent", input));
                float[] image = decoded.get(0);
                for (int i = 0; i < image.length; i++) {
                    image[i] = Math.min(Math.max(image[i] / 2 + 0.5f, 0), 1);
                }
                return image;
            }
        }
    }
}
