package io.ella.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.encoders.Residency;
import io.ella.encoders.TokenLength;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pipeline promises, whatever the model. */
class ElllaPipelineTest {
    private static ElllaPipeline pipeline;

    @TempDir Path folder;

    @BeforeAll
    static void open() {
        pipeline = Models.ella().precision(Precision.FP32).build();
    }

    @AfterAll
    static void close() {
        pipeline.close();
    }

    private static GenerationRequest.Builder request(String prompt) {
        return GenerationRequest.of(prompt)
                .size(64, 64)
                .steps(3)
                .seed(7)
                .tokenLength(TokenLength.flexible());
    }

    @Test
    void theSameSeedGivesTheSameImageAndAnotherAnother() {
        Image first = pipeline.generate(request("a red book").build()).image();
        assertThat(pipeline.generate(request("a red book").build()).image()).isEqualTo(first);
        assertThat(pipeline.generate(request("a red book").seed(8).build()).image())
                .isNotEqualTo(first);
        assertThat(pipeline.generate(request("a blue book").build()).image()).isNotEqualTo(first);
    }

    @Test
    void outsideTheGuidanceIntervalThereIsNoGuidance() {
        Image guided = pipeline.generate(request("a vase").build()).image();
        Image unguided = pipeline.generate(request("a vase").guidance(1).build()).image();
        GenerationRequest never =
                request("a vase").guidanceInterval(new GuidanceInterval(0, 0)).build();
        assertThat(pipeline.generate(never).image()).isEqualTo(unguided);

        GenerationRequest early =
                request("a vase").guidanceInterval(new GuidanceInterval(500, 1000)).build();
        Generation generation = pipeline.generate(early);
        assertThat(generation.image()).isNotEqualTo(guided).isNotEqualTo(unguided);
        GenerationRequest recorded = generation.provenances().get(0).request();
        assertThat(recorded.guidanceInterval()).isEqualTo(early.guidanceInterval());
        assertThat(pipeline.generate(recorded).image()).isEqualTo(generation.image());
        assertThatThrownBy(() -> new GuidanceInterval(800, 200))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("800.0 to 200.0");
    }

    @Test
    void deepFeaturesAreReusedBetweenSteps() {
        GenerationRequest exact = request("a vase").steps(4).count(2).build();
        Generation whole = pipeline.generate(exact);
        for (GenerationRequest.GuidanceMode mode : GenerationRequest.GuidanceMode.values()) {
            GenerationRequest approximate =
                    exact.toBuilder().cacheInterval(2).guidanceMode(mode).build();
            Generation generation = pipeline.generate(approximate);
            assertThat(generation.images()).hasSize(2).doesNotContainAnyElementsOf(whole.images());
            GenerationRequest recorded = generation.provenances().get(0).request();
            assertThat(recorded.cacheInterval()).isEqualTo(2);
        }
        assertThat(pipeline.generate(exact).images()).isEqualTo(whole.images());
        assertThatThrownBy(() -> request("a vase").cacheInterval(0).build())
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("cache interval is 0");
    }

    @Test
    void tokensAreMergedWhereAsked() {
        GenerationRequest exact = request("a vase").build();
        GenerationRequest merging = exact.toBuilder().mergeTokens(true).build();
        Generation generation = pipeline.generate(merging);
        assertThat(generation.image()).isNotEqualTo(pipeline.generate(exact).image());
        GenerationRequest recorded = generation.provenances().get(0).request();
        assertThat(recorded.mergesTokens()).isTrue();
        assertThat(pipeline.generate(recorded).image()).isEqualTo(generation.image());
    }

    @Test
    void severalImagesAreThoseOfTheirSeeds() {
        Generation three = pipeline.generate(request("a vase").count(3).build());
        assertThat(three.seeds()).containsExactly(7L, 8L, 9L);
        for (int i = 0; i < 3; i++) {
            Generation single = pipeline.generate(request("a vase").seed(7 + i).build());
            assertThat(single.image()).isEqualTo(three.images().get(i));
        }
    }

    @Test
    void guidanceAsOneBatchOrSplitGivesTheSameImageWithinRounding() {
        float[] batch = pipeline.generate(request("a vase").build()).image().toChw();
        GenerationRequest split =
                request("a vase").guidanceMode(GenerationRequest.GuidanceMode.SPLIT).build();
        float[] halves = pipeline.generate(split).image().toChw();
        for (int i = 0; i < batch.length; i++) {
            assertThat(Math.abs(batch[i] - halves[i])).isLessThan(2.5f / 255);
        }
    }

    @Test
    void withoutGuidanceTheNegativePromptDoesNotCount() {
        Image plain = pipeline.generate(request("a vase").guidance(1).build()).image();
        Image other =
                pipeline.generate(request("a vase").guidance(1).negativePrompt("blurry").build())
                        .image();
        assertThat(other).isEqualTo(plain);
    }

    @Test
    void everySchedulerDraws() {
        for (Schedulers scheduler : Schedulers.values()) {
            GenerationRequest request = request("a vase").scheduler(scheduler).steps(4).build();
            assertThat(pipeline.generate(request).image().width())
                    .as(scheduler.label())
                    .isEqualTo(64);
        }
    }

    @Test
    void aStreamedTextEncoderGivesTheSameImage() {
        Image resident = pipeline.generate(request("a vase").build()).image();
        try (ElllaPipeline streamed =
                Models.ella().precision(Precision.FP32).residency(Residency.STREAMED).build()) {
            assertThat(streamed.generate(request("a vase").build()).image()).isEqualTo(resident);
        }
    }

    @Test
    void tellsEveryStep() {
        List<GenerationStep> steps = new ArrayList<>();
        pipeline.generate(request("a vase").count(2).onStep(steps::add).build());
        assertThat(steps).extracting(GenerationStep::index).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(steps).extracting(GenerationStep::total).containsOnly(6);
        assertThat(steps).extracting(GenerationStep::firstImage).containsExactly(0, 0, 0, 1, 1, 1);
        assertThat(steps.get(5).latents().get(0)).hasSize(4 * 8 * 8);
        assertThat(steps.get(5).predicted().get(0)).hasSize(4 * 8 * 8);
    }

    @Test
    void aCancelledGenerationStopsAtTheNextStep() {
        AtomicInteger steps = new AtomicInteger();
        CompletableFuture<CompletableFuture<Generation>> self = new CompletableFuture<>();
        GenerationRequest request =
                request("a vase")
                        .steps(50)
                        .onStep(
                                step -> {
                                    steps.incrementAndGet();
                                    if (step.index() == 2) {
                                        self.join().cancel(true);
                                    }
                                })
                        .build();
        CompletableFuture<Generation> future = pipeline.generateAsync(request);
        self.complete(future);
        pipeline.generate(request("the next in the queue").build());
        assertThat(future).isCancelled();
        assertThat(steps).hasValue(2);
    }

    @Test
    void anInterruptedCallerGetsItsThreadBack() {
        Thread caller = Thread.currentThread();
        GenerationRequest request =
                request("a vase")
                        .steps(50)
                        .onStep(
                                step -> {
                                    if (step.index()
                                            == 1) { // once: a late one would hit another test
                                        caller.interrupt();
                                    }
                                })
                        .build();
        assertThatThrownBy(() -> pipeline.generate(request))
                .isInstanceOf(GenerationCancelledException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void whatAListenerThrowsReachesTheCaller() {
        GenerationRequest request =
                request("a vase")
                        .onStep(
                                step -> {
                                    throw new IllegalStateException("from the listener");
                                })
                        .build();
        assertThatThrownBy(() -> pipeline.generate(request)).hasMessage("from the listener");
    }

    @Test
    void callersMayComeFromManyThreads() {
        Image alone = pipeline.generate(request("a vase").seed(3).build()).image();
        List<CompletableFuture<Image>> images = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            images.add(
                    CompletableFuture.supplyAsync(
                            () -> pipeline.generate(request("a vase").seed(3).build()).image()));
        }
        assertThat(images).allSatisfy(image -> assertThat(image.join()).isEqualTo(alone));
    }

    @Test
    void closingWaitsForTheStepInFlightAndEndsTheRest() throws InterruptedException {
        ElllaPipeline closing = Models.ella().precision(Precision.FP32).build();
        CountDownLatch running = new CountDownLatch(1);
        GenerationRequest slow =
                request("a vase").steps(500).onStep(step -> running.countDown()).build();
        CompletableFuture<Generation> first = closing.generateAsync(slow);
        CompletableFuture<Generation> queued = closing.generateAsync(slow);
        running.await();
        closing.close();
        closing.close();
        for (CompletableFuture<Generation> future : List.of(first, queued)) {
            assertThatThrownBy(future::join).hasCauseInstanceOf(GenerationCancelledException.class);
        }
        assertThatThrownBy(() -> closing.generate("more"))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void pipelinesOfTheSameFilesShareThem() {
        GenerationRequest request = request("a vase").build();
        Image ella = pipeline.generate(request).image();
        Image clip;
        try (ElllaPipeline alone = Models.clip().precision(Precision.FP32).build()) {
            clip = alone.generate(request).image();
        }
        ElllaPipeline first = Models.ella().precision(Precision.FP32).build();
        ElllaPipeline second = Models.clip().precision(Precision.FP32).sharing(first).build();
        ElllaPipeline third = Models.ella().precision(Precision.FP32).sharing(second).build();
        assertThat(second.model().denoiser()).isSameAs(first.model().denoiser());
        assertThat(second.model().decoder()).isSameAs(first.model().decoder());
        assertThat(second.model().conditioner()).isNotSameAs(first.model().conditioner());
        assertThat(second.generate(request).image()).isEqualTo(clip);
        assertThat(first.generate(request).image()).isEqualTo(ella);
        first.close();
        assertThatThrownBy(() -> first.generate(request)).hasMessageContaining("closed");
        assertThatThrownBy(() -> Models.clip().sharing(first).build())
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("closed");
        assertThat(second.generate(request).image()).isEqualTo(clip);
        second.close();
        assertThat(third.generate(request).image()).isEqualTo(ella);
        third.close();
        assertThatThrownBy(() -> Models.clip().sharing(third).build())
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void whatDiffersIsNotShared() {
        Path lora = Models.path("tiny-sdxl-lora.safetensors");
        ElllaPipeline.Builder plain =
                ElllaPipeline.builder().model(Models.path("tiny-sdxl")).precision(Precision.FP32);
        try (ElllaPipeline one = plain.build();
                ElllaPipeline changed = plain.lora(lora, 1).sharing(one).build();
                ElllaPipeline half = plain.precision(Precision.BF16).sharing(changed).build()) {
            assertThat(changed.model().denoiser()).isNotSameAs(one.model().denoiser());
            assertThat(changed.model().conditioner()).isNotSameAs(one.model().conditioner());
            assertThat(changed.model().decoder()).isSameAs(one.model().decoder());
            assertThat(half.model().denoiser()).isNotSameAs(changed.model().denoiser());
            assertThat(half.model().decoder()).isNotSameAs(changed.model().decoder());
            assertThat(half.model().conditioner()).isSameAs(changed.model().conditioner());
        }
    }

    @Test
    void nativeMemoryDoesNotGrow() throws IOException {
        for (int i = 0; i < 10; i++) {
            pipeline.generate(request("prompt " + i).build());
        }
        long tensors = pipeline.liveTensors();
        long before = residentKilobytes();
        for (int i = 0; i < 50; i++) {
            pipeline.generate(request("prompt " + i % 10).build());
        }
        assertThat(pipeline.liveTensors()).isEqualTo(tensors);
        assertThat(residentKilobytes() - before).isLessThan(64_000);
    }

    private static long residentKilobytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0; // not Linux; the count of tensors has to do
        }
        String line =
                Files.readAllLines(status).stream()
                        .filter(l -> l.startsWith("VmRSS"))
                        .findFirst()
                        .orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", ""));
    }

    @Test
    void anImageCarriesHowItWasMadeAndCanBeMadeAgain() throws IOException {
        Generation made =
                pipeline.generate(
                        request("a „quoted” vase\nof glass")
                                .negativePrompt("blurry")
                                .count(2)
                                .scheduler(Schedulers.EULER_A)
                                .build());
        List<Path> files = made.save(folder.resolve("vase.png"));
        assertThat(files).containsExactly(folder.resolve("vase.png"), folder.resolve("vase-2.png"));
        String json = Objects.requireNonNull(Png.texts(files.get(1)).get(Png.PROVENANCE));
        Provenance provenance = Provenance.parse(json, "vase-2.png");
        assertThat(provenance.files())
                .hasSizeGreaterThan(3)
                .allSatisfy((file, hash) -> assertThat(hash).hasSize(64));
        assertThat(pipeline.generate(provenance.request()).image())
                .isEqualTo(Image.read(files.get(1)));
        assertThat(Png.texts(files.get(0)).get(Png.PARAMETERS))
                .contains("Steps: 3")
                .contains("Seed: 7");
    }

    @Test
    void theEmbeddedModelNeedsNothingElse() {
        try (ElllaPipeline embedded = ElllaPipeline.open()) {
            Image image =
                    embedded.generate(
                                    GenerationRequest.of("a red book and a yellow vase")
                                            .steps(2)
                                            .build())
                            .image();
            assertThat(image.width()).isEqualTo(128);
        }
    }

    @Test
    void tokensThatDoNotFitAreCounted() {
        String prompt = "vase ".repeat(300);
        TokenLength eight = TokenLength.fixed(8);
        Generation cut = pipeline.generate(request(prompt).tokenLength(eight).build());
        assertThat(cut.provenances().get(0).settings()).containsKey("prompt_tokens_dropped");
        Generation whole = pipeline.generate(request("a vase").tokenLength(eight).build());
        assertThat(whole.provenances().get(0).settings())
                .doesNotContainKey("prompt_tokens_dropped");
    }

    @Test
    void requestsThatMakeNoSenseAreRefused() {
        refused(
                "the number of steps is 0, expected at least 1",
                () -> request("x").steps(0).build());
        refused("guidance is NaN", () -> request("x").guidance(Double.NaN).build());
        refused("width is 60", () -> request("x").size(60, 64).build());
        refused("height is 99992", () -> request("x").size(64, 99992).build());
        refused("number of images is 0", () -> request("x").count(0).build());
        refused("token length of 0", () -> request("x").tokenLength(TokenLength.fixed(0)).build());
        refused("1001 steps", () -> pipeline.generate(request("x").steps(1001).build()));
        refused("no scheduler \"ddpm\"", () -> Schedulers.named("ddpm"));
    }

    @Test
    void pathsThatLeadNowhereAreRefused() throws IOException {
        refused(
                "does not exist",
                () -> ElllaPipeline.builder().model(folder.resolve("none")).build());
        refused("model_index.json", () -> ElllaPipeline.builder().model(folder).build());
        refused("blank", () -> ElllaPipeline.builder().model(Path.of(" ")).build());
        refused(
                "without a model",
                () -> ElllaPipeline.builder().ella(Models.path("ella-tiny.safetensors")).build());
        refused(
                "Give both",
                () -> Models.clip().ella(Models.path("ella-tiny.safetensors")).build());
        Path single = Models.path("tiny-sd15-single.safetensors");
        refused(
                "no tokenizer, as no single file has. Put CLIP's vocab.json",
                () -> ElllaPipeline.builder().model(single).build());
        Files.writeString(folder.resolve("model_index.json"), "{}");
        refused("no folder unet", () -> ElllaPipeline.builder().model(folder).build());
        Path pickle = Files.write(folder.resolve("model.ckpt"), new byte[] {(byte) 0x80, 2});
        refused("pickle", () -> ElllaPipeline.builder().model(pickle).build());
    }

    @Test
    void aPipelineWithLoraIsBuiltAgainFromAnImage() {
        Path file = Models.path("tiny-sdxl-lora.safetensors");
        GenerationRequest request = GenerationRequest.of("a vase").steps(2).seed(1).build();
        Generation made;
        try (ElllaPipeline first =
                Models.clip().model(Models.path("tiny-sdxl")).lora(file, -0.5).build()) {
            made = first.generate(request);
        }
        Provenance provenance = made.provenances().get(0);
        assertThat(provenance.pipeline()).containsEntry("lora", file + ":-0.5");
        assertThat(provenance.files()).containsKey(file.toString());
        try (ElllaPipeline again = provenance.pipelineBuilder().build()) {
            Generation drawn = again.generate(provenance.request());
            assertThat(drawn.image()).isEqualTo(made.image());
            assertThat(drawn.provenances().get(0).files()).isEqualTo(provenance.files());
        }
    }

    @Test
    void anotherAutoencoderDecodes() {
        Path taesd = Models.path("tiny-taesd");
        GenerationRequest request = GenerationRequest.of("a vase").steps(2).seed(1).build();
        Generation own;
        try (ElllaPipeline pipeline = Models.clip().build()) {
            own = pipeline.generate(request);
        }
        Generation made;
        try (ElllaPipeline pipeline = Models.clip().vae(taesd).build()) {
            made = pipeline.generate(request);
        }
        assertThat(made.image().width()).isEqualTo(own.image().width());
        assertThat(made.image()).isNotEqualTo(own.image());
        Provenance provenance = made.provenances().get(0);
        assertThat(provenance.pipeline()).containsEntry("vae", taesd.toString());
        try (ElllaPipeline again = provenance.pipelineBuilder().build()) {
            assertThat(again.generate(provenance.request()).image()).isEqualTo(made.image());
        }
        try (ElllaPipeline same = Models.clip().vae(Models.path("tiny-sd15/vae")).build()) {
            assertThat(same.generate(request).image()).isEqualTo(own.image());
        }
        refused("config.json is missing", () -> Models.clip().vae(folder).build());
    }

    @Test
    void aModelsTinyAutoencoderDecodesWhereItIsAskedFor() throws IOException {
        Path model = folder.resolve("model");
        copy(Models.path("tiny-sd15"), model);
        Path taesd = model.resolve("tiny_vae");
        refused("no folder tiny_vae", () -> Models.clip().model(model).tinyVae().build());
        copy(Models.path("tiny-taesd"), taesd);
        GenerationRequest request = GenerationRequest.of("a vase").steps(2).seed(1).build();
        Generation own;
        Generation made;
        try (ElllaPipeline pipeline = Models.clip().model(model).build();
                ElllaPipeline tiny =
                        Models.clip().model(model).sharing(pipeline).tinyVae().build()) {
            own = pipeline.generate(request);
            made = tiny.generate(request);
        }
        assertThat(made.image()).isNotEqualTo(own.image());
        try (ElllaPipeline named = Models.clip().vae(taesd).build()) {
            assertThat(named.generate(request).image()).isEqualTo(made.image());
        }
        Provenance provenance = made.provenances().get(0);
        try (ElllaPipeline again = provenance.pipelineBuilder().build()) {
            assertThat(again.generate(provenance.request()).image()).isEqualTo(made.image());
        }
        refused("Choose one", () -> Models.clip().vae(taesd).tinyVae().build());
    }

    @Test
    void lorasAreReadFromText() {
        assertThat(LoraFile.parse("a/b.safetensors:0.5"))
                .isEqualTo(new LoraFile(Path.of("a/b.safetensors"), 0.5));
        assertThat(LoraFile.parse("a.safetensors"))
                .isEqualTo(new LoraFile(Path.of("a.safetensors"), 1));
        assertThat(LoraFile.parse("c:a.safetensors").file()).isEqualTo(Path.of("c:a.safetensors"));
        refused("blank", () -> LoraFile.parse(":1"));
        refused("is NaN", () -> LoraFile.parse("a.safetensors:NaN"));
        Path file = Models.path("tiny-sdxl-lora.safetensors");
        refused("changes 2 text encoders", () -> Models.clip().lora(file, 1).build());
    }

    @Test
    void anSdxlModelNeedsBothTextEncoders() throws IOException {
        Path model = folder.resolve("model");
        copy(Models.path("tiny-sdxl"), model);
        Path config = model.resolve("text_encoder_2/config.json");
        String projecting = Files.readString(config);
        Files.writeString(
                config, projecting.replace("CLIPTextModelWithProjection", "CLIPTextModel"));
        refused("with a projection", () -> Models.clip().model(model).build());
        refused("with a projection", () -> Models.ella().model(model).build());
        Files.move(model.resolve("text_encoder"), model.resolve("text_encoder_1"));
        refused("has 1 text encoders", () -> Models.clip().model(model).build());
        Files.writeString(config, projecting);
        try (ElllaPipeline ella = Models.ella().model(model).build()) {
            assertThat(ella.generate(request("a vase").build()).image().width()).isEqualTo(64);
        }
        Path unet = model.resolve("unet/config.json");
        Files.writeString(unet, Files.readString(unet).replace(": 96", ": 104"));
        refused("of width 48, its U-Net takes 56", () -> Models.ella().model(model).build());
    }

    @Test
    void aSchedulerThatIsNotHereMattersOnlyToThoseWhoNameNone() throws IOException {
        Path model = folder.resolve("model");
        copy(Models.path("tiny-sd15"), model);
        Path config = model.resolve("scheduler/scheduler_config.json");
        String known = Files.readString(config);
        Files.writeString(config, known.replaceAll("\\w+Scheduler", "OtherScheduler"));
        GenerationRequest.Builder named = request("a vase").scheduler(Schedulers.DDIM);
        try (ElllaPipeline clip = Models.clip().model(model).build()) {
            assertThat(clip.generate(named.build()).image().width()).isEqualTo(64);
            refused("no scheduler OtherScheduler", () -> clip.generate(request("a").build()));
        }
        String unsupported = known.replace("\"scaled_linear\"", "\"other\"");
        assertThat(unsupported).isNotEqualTo(known);
        Files.writeString(config, unsupported);
        try (ElllaPipeline ella = Models.ella().model(model).build()) {
            refused("other", () -> ella.generate(request("a").build()));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    @Test
    void partsThatDoNotFitEachOtherAreRefused() {
        try (EmbeddedModel other = EmbeddedModel.unpack()) {
            Path encoder = other.folder().resolve("ella_text_encoder");
            refused("features of width 32", () -> Models.ella().textEncoder(encoder).build());
        }
        refused("cuda:5 was asked for", () -> Models.ella().device(Device.of("cuda:5")).build());
        refused("fp16 is for GPUs", () -> Models.ella().precision(Precision.FP16).build());
    }

    private static void refused(String message, Runnable what) {
        assertThatThrownBy(what::run)
                .isInstanceOf(EllaException.class)
                .hasMessageContaining(message);
    }
}
