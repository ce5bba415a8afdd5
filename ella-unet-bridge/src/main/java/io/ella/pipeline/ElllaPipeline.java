package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import io.ella.core.random.TorchGenerator;
import io.ella.core.scheduler.Sampler;
import io.ella.core.scheduler.Schedule;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.encoders.Residency;
import io.ella.encoders.TokenLength;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Draws images from prompts: ELLA (arXiv 2403.05135) with a Stable Diffusion U-Net, or the
 * checkpoint's own CLIP where no ELLA is given.
 *
 * <pre>{@code
 * try (ElllaPipeline pipeline = ElllaPipeline.open()) {
 *     pipeline.generate("a red book and a yellow vase").save(Path.of("out.png"));
 * }
 * }</pre>
 *
 * <p>For the same files, prompt, seed and settings, in fp32, the image is the one that the
 * reference gives with diffusers and a CPU generator.
 *
 * <p>Thread-safe: native work runs on one thread of the pipeline's own, or of all that {@linkplain
 * Builder#sharing share} parts; callers queue there. Holds native memory until closed.
 */
public final class ElllaPipeline implements AutoCloseable {
    private final LoadedModel model;
    private final DeviceThread thread;
    private final AtomicBoolean closed = new AtomicBoolean();

    private ElllaPipeline(LoadedModel model, DeviceThread thread) {
        this.model = model;
        this.thread = thread;
    }

    /**
     * {@return a pipeline of the embedded default model, which needs the artifact {@code models} on
     * the class path and nothing else}
     */
    public static ElllaPipeline open() {
        return builder().build();
    }

    /** {@return what builds a pipeline; unchanged, it is that of {@link #open}} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Draws one image with the usual settings.
     *
     * @param prompt what the image shows
     * @return the image and how it was made
     */
    public Generation generate(String prompt) {
        return generate(GenerationRequest.of(prompt).build());
    }

    /**
     * Draws images. Interrupting the thread that waits cancels the generation at its next step.
     *
     * @param request what to draw
     * @return the images and how they were made
     * @throws GenerationCancelledException if the caller was interrupted or the pipeline closed
     * @throws EllaException if the request does not fit the model, or memory runs out
     */
    public Generation generate(GenerationRequest request) {
        CompletableFuture<Generation> future = generateAsync(request);
        try {
            return future.get();
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw new GenerationCancelledException(
                    "the thread that waited for the image was interrupted");
        } catch (CancellationException e) {
            throw new GenerationCancelledException("the generation was cancelled");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                cause.addSuppressed(new EllaException("called from here"));
                throw cause;
            }
            throw new EllaException("the generation failed: " + e.getCause(), e.getCause());
        }
    }

    /**
     * Queues a generation.
     *
     * @param request what to draw
     * @return the result to come; cancelling it stops the run at the next step
     * @throws EllaException if the pipeline is closed
     */
    public CompletableFuture<Generation> generateAsync(GenerationRequest request) {
        checkOpen();
        CompletableFuture<Generation> future = new CompletableFuture<>();
        thread.execute(
                () -> {
                    if (future.isDone()) {
                        return;
                    }
                    try {
                        future.complete(new Run(request, future).generate());
                    } catch (RuntimeException | Error e) {
                        future.completeExceptionally(e);
                    }
                });
        return future;
    }

    private void checkOpen() {
        if (closed.get()) {
            throw new EllaException("the pipeline is closed");
        }
    }

    /** {@return what the pipeline was built from: paths, device, precisions} */
    public Map<String, String> description() {
        return model.description();
    }

    /**
     * {@return the number of native tensors in use, the parameters left out; for tests of leaks}
     */
    long liveTensors() {
        return model.torch().liveTensors();
    }

    /** {@return what is loaded; for tests of what is shared} */
    LoadedModel model() {
        return model;
    }

    /**
     * Waits for the step in flight, cancels what is queued, then frees everything that no other
     * pipeline shares; where one does, waits for the images that it has begun, too.
     */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            thread.close(model::close);
        }
    }

    /** One request on its way. Lives on the pipeline's thread. */
    private final class Run {
        private final GenerationRequest request;
        private final CompletableFuture<Generation> future;
        private final LatentSize size;
        private final Schedule schedule;
        private final long firstSeed;
        private final Map<String, Duration> timings = new LinkedHashMap<>();
        private int done;
        private int dropped;

        Run(GenerationRequest request, CompletableFuture<Generation> future) {
            this.request = request.orGuidance(model.guidance());
            this.future = future;
            this.size = model.latentSize(request.width(), request.height());
            this.schedule = model.scheduler(request.scheduler()).schedule(request.steps());
            this.firstSeed =
                    request.seed().orElseGet(() -> new SecureRandom().nextInt() & 0xffffffffL);
        }

        Generation generate() {
            checkCancelled();
            long start = System.nanoTime();
            List<Image> images = new ArrayList<>();
            try (Conditioning prompt = condition();
                    Conditioning negative = request.isGuided() ? conditionNegative() : null) {
                dropped = prompt.dropped();
                timings.put("encode", Duration.ofNanos(System.nanoTime() - start));
                int group = model.imagesAtOnce();
                for (int first = 0; first < request.count(); first += group) {
                    int count = Math.min(group, request.count() - first);
                    long denoise = System.nanoTime();
                    List<float[]> latents = denoise(first, count, prompt, negative);
                    long decode = System.nanoTime();
                    timings.merge("denoise", Duration.ofNanos(decode - denoise), Duration::plus);
                    latents.forEach(latent -> images.add(model.decoder().decode(latent, size)));
                    timings.merge(
                            "decode", Duration.ofNanos(System.nanoTime() - decode), Duration::plus);
                }
            }
            List<Provenance> provenances = new ArrayList<>();
            for (int i = 0; i < images.size(); i++) {
                provenances.add(model.provenance(request, size, firstSeed + i, dropped));
            }
            return new Generation(images, provenances, timings);
        }

        private Conditioning condition() {
            return model.conditioner()
                    .condition(request.prompt(), request.tokenLength(), schedule.timesteps());
        }

        private Conditioning conditionNegative() {
            Conditioner conditioner = model.conditioner();
            TokenLength length = request.tokenLength();
            double[] timesteps = schedule.timesteps();
            return request.negativePrompt()
                    .map(text -> conditioner.condition(text, length, timesteps))
                    .orElseGet(() -> conditioner.unconditional(length, timesteps));
        }

        private List<float[]> denoise(
                int first, int count, Conditioning prompt, @Nullable Conditioning negative) {
            try (FeatureReuse reuse = new FeatureReuse(request.cacheInterval())) {
                return denoise(first, count, prompt, negative, reuse);
            }
        }

        private List<float[]> denoise(
                int first,
                int count,
                Conditioning prompt,
                @Nullable Conditioning negative,
                FeatureReuse reuse) {
            double[] timesteps = schedule.timesteps();
            int elements = model.denoiser().config().inChannels() * size.height() * size.width();
            List<float[]> latents = new ArrayList<>();
            List<Sampler> samplers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                TorchGenerator generator = new TorchGenerator(firstSeed + first + i);
                float[] noise = generator.randn(elements);
                for (int j = 0; j < elements; j++) {
                    noise[j] *= (float) schedule.initNoiseSigma();
                }
                latents.add(noise);
                samplers.add(schedule.start(0, generator::randn));
            }
            int groups = (request.count() + model.imagesAtOnce() - 1) / model.imagesAtOnce();
            for (int call = 0; call < timesteps.length; call++) {
                double timestep = timesteps[call];
                checkCancelled();
                reuse.step(call);
                List<float[]> scaled = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    scaled.add(samplers.get(i).scaleModelInput(latents.get(i)));
                }
                boolean guides = request.guidanceInterval().contains(timestep);
                List<float[]> answers =
                        model.denoiser()
                                .predict(
                                        scaled,
                                        size,
                                        timestep,
                                        prompt,
                                        guides ? negative : null,
                                        request,
                                        reuse);
                List<float[]> predicted = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    latents.set(i, samplers.get(i).step(answers.get(i), latents.get(i)));
                    predicted.add(samplers.get(i).predictedOriginal());
                }
                done++;
                request.onStep()
                        .accept(
                                new GenerationStep(
                                        done,
                                        groups * timesteps.length,
                                        first,
                                        timestep,
                                        latents,
                                        predicted));
            }
            return latents;
        }

        private void checkCancelled() {
            if (future.isCancelled()) {
                throw new GenerationCancelledException(
                        "the generation was cancelled after " + done + " steps");
            }
            if (closed.get()) {
                throw new GenerationCancelledException(
                        "the pipeline was closed after " + done + " steps");
            }
        }
    }

    /** Collects what a pipeline is built from; not thread-safe. */
    public static final class Builder {
        private @Nullable Path model;
        private @Nullable Path ella;
        private @Nullable Path textEncoder;
        private @Nullable Path vae;
        private boolean tinyVae;
        private final List<LoraFile> loras = new ArrayList<>();
        private Device device = Device.CPU;
        private Precision precision = Precision.AUTO;
        private @Nullable Residency residency;
        private @Nullable ElllaPipeline other;

        private Builder() {}

        /**
         * {@return this}
         *
         * @param path a folder in diffusers' layout, or a single .safetensors file; the embedded
         *     default model unless set
         */
        public Builder model(Path path) {
            model = path;
            return this;
        }

        /**
         * {@return this}
         *
         * @param path the connector, a .safetensors file or a folder with one; without it the
         *     checkpoint's own CLIP is used
         */
        public Builder ella(Path path) {
            ella = path;
            return this;
        }

        /**
         * {@return this}
         *
         * @param path the folder of the language model that the connector was trained with
         */
        public Builder textEncoder(Path path) {
            textEncoder = path;
            return this;
        }

        /**
         * {@return this}
         *
         * @param path the folder of another autoencoder for the same latents, whose decoder takes
         *     the place of the model's own: a finetuned one, or TAESD ({@code AutoencoderTiny} of
         *     diffusers), which is not the same picture but decodes many times as fast
         */
        public Builder vae(Path path) {
            vae = path;
            return this;
        }

        /**
         * Has the decoder in the model's folder {@code tiny_vae} take the place of its own: TAESD
         * ({@code AutoencoderTiny} of diffusers) for the model's latents. For previews: it takes a
         * part of the time, and its pictures are approximate. The embedded model has one.
         *
         * @return this
         */
        public Builder tinyVae() {
            tinyVae = true;
            return this;
        }

        /**
         * Adds a LoRA, which is merged into the U-Net and into those of the checkpoint's own text
         * encoders that it changes and that are used; several are merged one over the other.
         *
         * @param file a {@code .safetensors} file of kohya's scripts, peft or diffusers
         * @param scale how strongly: 1 as trained
         * @return this
         * @throws EllaException if the path is blank or the scale not finite
         */
        public Builder lora(Path file, double scale) {
            loras.add(new LoraFile(file, scale));
            return this;
        }

        /**
         * {@return this}
         *
         * @param choice where to compute; the CPU unless set. One that is not there is an error
         */
        public Builder device(Device choice) {
            device = choice;
            return this;
        }

        /**
         * {@return this}
         *
         * @param choice in what the networks compute; each component's best unless set. FP32 is
         *     exact
         */
        public Builder precision(Precision choice) {
            precision = choice;
            return this;
        }

        /**
         * {@return this}
         *
         * @param choice whether the language model stays in memory; decided by its size and the
         *     memory of the machine unless set
         */
        public Builder residency(Residency choice) {
            residency = choice;
            return this;
        }

        /**
         * Shares what another pipeline has loaded: the U-Net, the decoder, the connector with its
         * language model, each where its files, their settings and the precision are the same. So a
         * second connector, or none, for the same checkpoint costs no second U-Net. The images of
         * both are drawn on one thread, in turn. What is shared stays until both are closed.
         *
         * @param pipeline the other one, open and on the same device; its files must not have
         *     changed since it was built
         * @return this
         */
        public Builder sharing(ElllaPipeline pipeline) {
            other = pipeline;
            return this;
        }

        /**
         * Opens the files and loads the weights.
         *
         * @return the pipeline, which the caller closes
         * @throws EllaException if a file is missing or malformed, parts do not fit each other, the
         *     device is absent, memory runs out, or a pipeline to share with is closed or on
         *     another device
         */
        public ElllaPipeline build() {
            ElllaPipeline sharing = other;
            if (sharing != null && !sharing.model.device().equals(device)) {
                throw new EllaException(
                        "the pipeline to share with is on %s, this one is to be on %s"
                                .formatted(sharing.model.device(), device));
            }
            ModelPaths paths =
                    ModelPaths.of(model, ella, textEncoder, vae, tinyVae, List.copyOf(loras));
            DeviceThread thread;
            try {
                thread =
                        sharing == null
                                ? new DeviceThread("ella-" + device)
                                : sharing.thread.again();
            } catch (EllaException e) {
                paths.close();
                throw e;
            }
            CompletableFuture<LoadedModel> loading = new CompletableFuture<>();
            thread.execute(
                    () -> {
                        try {
                            if (sharing != null) {
                                sharing.checkOpen();
                            }
                            loading.complete(
                                    LoadedModel.load(
                                            paths,
                                            device,
                                            precision,
                                            residency,
                                            sharing == null ? null : sharing.model));
                        } catch (RuntimeException | Error e) {
                            loading.completeExceptionally(e);
                        }
                    });
            try {
                return new ElllaPipeline(loading.join(), thread);
            } catch (CompletionException e) {
                thread.close(paths::close);
                if (e.getCause() instanceof EllaException cause) {
                    throw cause;
                }
                throw new EllaException(
                        "the pipeline could not be built: " + e.getCause(), e.getCause());
            }
        }
    }
}
