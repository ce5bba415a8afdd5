package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.scheduler.Scheduler;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.encoders.Residency;
import io.ella.encoders.TokenLength;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that a pipeline needs, loaded and matched. Used on the device thread only. */
final class LoadedModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);

    /** On a GPU a batch hides what launching costs; on a CPU it only takes memory. */
    private static final int IMAGES_AT_ONCE_CUDA = 4;

    private final Shared<Torch> torch;
    private final Resources resources;
    private final SchedulerConfig schedulerConfig;
    private final Shared<Conditioner> conditioner;
    private final double guidance;
    private final boolean hasElla;
    private final Shared<Denoiser> denoiser;
    private final Shared<ImageDecoder> decoder;
    private final Map<String, String> description;
    private final CompletableFuture<Map<String, String>> hashes;

    private LoadedModel(
            Shared<Torch> torch,
            Resources resources,
            ModelFiles files,
            Shared<Conditioner> conditioner,
            Shared<Denoiser> denoiser,
            Shared<ImageDecoder> decoder,
            ModelPaths paths,
            Map<String, String> description) {
        this.torch = torch;
        this.resources = resources;
        this.schedulerConfig = files.scheduler();
        this.guidance = files.guidance();
        this.conditioner = conditioner;
        this.hasElla = paths.ella().isPresent();
        this.denoiser = denoiser;
        this.decoder = decoder;
        this.description = description;
        // Reading gigabytes takes seconds, and nobody needs the hashes before the first image is
        // done.
        this.hashes = CompletableFuture.supplyAsync(() -> hashes(paths));
    }

    /**
     * Loads what is not there yet.
     *
     * @param other a pipeline's parts, of which those made from the same files are used again
     */
    static LoadedModel load(
            ModelPaths paths,
            Device device,
            Precision precision,
            @Nullable Residency residency,
            @Nullable LoadedModel other) {
        Resources resources = new Resources();
        // Once loaded, nothing reads the files any more: what is mapped of them need not stay.
        try (Resources read = new Resources()) {
            resources.add(paths);
            ModelFiles stored = read.add(ModelFiles.open(paths.model()));
            ModelFiles files = read.add(stored.with(paths.loras()));
            Precisions precisions = Precisions.choose(device, precision);
            Shared<Torch> shared =
                    part(resources, other, o -> o.torch, device, () -> Torch.open(device));
            Torch torch = shared.get();
            Object reading =
                    List.of(
                            paths.conditioner(files.unetConfig().hasTextTime()),
                            precisions.text(),
                            Optional.ofNullable(residency));
            Conditioners conditioners =
                    new Conditioners(torch, paths, files, precisions, residency);
            Shared<Conditioner> conditioner =
                    part(resources, other, o -> o.conditioner, reading, conditioners::load);
            CompletableFuture<Void> prepared = prepare(conditioner.get(), files, paths, device);
            resources.add(prepared::join); // before what it uses is closed
            if (files.unetConfig().inChannels() != files.vaeConfig().latentChannels()) {
                throw new EllaException(
                        "the U-Net of %s takes %d channels, its latents have %d. Inpainting models need an image to start from"
                                .formatted(
                                        paths.name(),
                                        files.unetConfig().inChannels(),
                                        files.vaeConfig().latentChannels()));
            }
            Object denoising = List.of(paths.name(), paths.loras(), precisions.unet());
            Shared<Denoiser> denoiser =
                    part(
                            resources,
                            other,
                            o -> o.denoiser,
                            denoising,
                            () ->
                                    new Denoiser(
                                            torch,
                                            files.unetConfig(),
                                            files.unet(),
                                            precisions.unet()));
            Object decoding = List.of(paths.name(), paths.vae(), paths.tinyVae(), precisions.vae());
            Shared<ImageDecoder> decoder =
                    part(
                            resources,
                            other,
                            o -> o.decoder,
                            decoding,
                            () ->
                                    ImageDecoder.open(
                                            torch, files, paths.decoder(), precisions.vae()));
            prepared.join();
            Map<String, String> description = describe(paths, device, precision, precisions);
            LOG.info("{}", description);
            return new LoadedModel(
                    shared, resources, files, conditioner, denoiser, decoder, paths, description);
        } catch (RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    /**
     * Has the conditioner prepare for the usual request, on a CPU while the rest is loaded. Where
     * that fails, the request that needs it will fail and say why; others may not need it.
     */
    private static CompletableFuture<Void> prepare(
            Conditioner conditioner, ModelFiles files, ModelPaths paths, Device device) {
        GenerationRequest usual = GenerationRequest.of("").build();
        boolean hasElla = paths.ella().isPresent();
        Supplier<double[]> timesteps =
                () ->
                        scheduler(files.scheduler(), hasElla, usual.scheduler())
                                .schedule(usual.steps())
                                .timesteps();
        Executor where = device.isCuda() ? Runnable::run : ForkJoinPool.commonPool();
        return CompletableFuture.runAsync(
                        () -> conditioner.prepare(usual.tokenLength(), timesteps), where)
                .exceptionally(
                        e -> {
                            LOG.debug("The usual request could not be prepared", e);
                            return null;
                        });
    }

    /** The other pipeline's part, if it was made from the same; else a new one. */
    private static <T extends AutoCloseable> Shared<T> part(
            Resources resources,
            @Nullable LoadedModel other,
            Function<LoadedModel, Shared<T>> same,
            Object key,
            Supplier<T> make) {
        return resources.add(Shared.of(other == null ? null : same.apply(other), key, make));
    }

    /** What a pipeline is built from; {@link Provenance#pipelineBuilder} reads it. */
    private static Map<String, String> describe(
            ModelPaths paths, Device device, Precision asked, Precisions precisions) {
        Map<String, String> description = new LinkedHashMap<>();
        description.put("version", version());
        description.put("model", paths.name());
        if (paths.embedded().isEmpty()) {
            paths.ella().ifPresent(e -> description.put("ella", e.toString()));
            paths.textEncoder().ifPresent(e -> description.put("text_encoder", e.toString()));
        }
        paths.vae().ifPresent(v -> description.put(Provenance.VAE, v.toString()));
        if (paths.tinyVae()) {
            description.put(Provenance.TINY_VAE, "true");
        }
        for (int i = 0; i < paths.loras().size(); i++) {
            String number = i == 0 ? "" : "_" + (i + 1);
            description.put(Provenance.LORA + number, paths.loras().get(i).toString());
        }
        description.put("device", device.toString());
        description.put("precision", asked.toString());
        description.put("unet_precision", precisions.unet().toString());
        description.put("vae_precision", precisions.vae().toString());
        description.put("text_encoder_precision", precisions.text().toString());
        return description;
    }

    /**
     * By path; the embedded model's unpacked files by their place in it, which is the same
     * everywhere.
     */
    private static Map<String, String> hashes(ModelPaths paths) {
        Map<String, String> hashes = new LinkedHashMap<>();
        String folder = paths.embedded().map(e -> e.folder().toString()).orElse("");
        FileHashes.of(paths.roots())
                .forEach(
                        (file, hash) ->
                                hashes.put(
                                        folder.isEmpty()
                                                ? file
                                                : "embedded" + file.substring(folder.length()),
                                        hash));
        return hashes;
    }

    private static String version() {
        String version = LoadedModel.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    Torch torch() {
        return torch.get();
    }

    Device device() {
        return torch().device();
    }

    Conditioner conditioner() {
        return conditioner.get();
    }

    Denoiser denoiser() {
        return denoiser.get();
    }

    ImageDecoder decoder() {
        return decoder.get();
    }

    Map<String, String> description() {
        return description;
    }

    int imagesAtOnce() {
        return torch().device().isCuda() ? IMAGES_AT_ONCE_CUDA : 1;
    }

    /**
     * The scheduler of a request: the one asked for, with ELLA DPM-Solver++ as the checkpoint
     * configures it, the checkpoint's own without.
     */
    Scheduler scheduler(@Nullable Schedulers asked) {
        return scheduler(schedulerConfig, hasElla, asked);
    }

    private static Scheduler scheduler(
            SchedulerConfig config, boolean hasElla, @Nullable Schedulers asked) {
        if (asked != null) {
            return asked.from(config);
        }
        return hasElla ? Schedulers.dpmSolver(config) : Schedulers.fromConfig(config);
    }

    LatentSize latentSize(int width, int height) {
        int scale = decoder().config().scale();
        int side = denoiser().config().sampleSize() * scale;
        int w = width == 0 ? side : width;
        int h = height == 0 ? side : height;
        if (w % scale != 0 || h % scale != 0) {
            throw new EllaException(
                    "the size is %dx%d, this model draws multiples of %d".formatted(w, h, scale));
        }
        return new LatentSize(h / scale, w / scale, scale);
    }

    /** {@return the scale of guidance where a request names none} */
    double guidance() {
        return guidance;
    }

    Provenance provenance(GenerationRequest request, LatentSize size, long seed, int dropped) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("prompt", request.prompt());
        request.negativePrompt().ifPresent(text -> settings.put("negative_prompt", text));
        settings.put("seed", Long.toString(seed));
        settings.put("width", size.imageWidth());
        settings.put("height", size.imageHeight());
        settings.put("steps", request.steps());
        settings.put("guidance", request.guidance().orElseThrow());
        if (!request.guidanceInterval().equals(GuidanceInterval.ALWAYS)) {
            settings.put("guidance_from", request.guidanceInterval().least());
            settings.put("guidance_to", request.guidanceInterval().most());
        }
        if (request.cacheInterval() > 1) {
            settings.put("cache_interval", request.cacheInterval());
        }
        if (request.mergesTokens()) {
            settings.put("merges_tokens", true);
        }
        Schedulers scheduler = request.scheduler();
        if (scheduler != null) {
            settings.put("scheduler", scheduler.label());
        }
        settings.put("scheduler_class", scheduler(scheduler).config().className());
        if (request.tokenLength() instanceof TokenLength.Fixed fixed) {
            settings.put("token_length", "fixed");
            settings.put("max_length", fixed.maxLength());
        } else {
            settings.put("token_length", "flexible");
        }
        if (dropped > 0) {
            settings.put("prompt_tokens_dropped", dropped);
        }
        return new Provenance(settings, description, hashes.join());
    }

    @Override
    public void close() {
        hashes.cancel(true);
        resources.close();
    }
}
