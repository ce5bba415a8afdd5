package io.ella.train.stages;

import io.ella.core.EllaException;
import io.ella.core.graph.Graph;
import io.ella.core.torch.AdamW;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.DType;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.EncoderGraph;
import io.ella.train.FreshWeights;
import io.ella.train.Objectives;
import io.ella.train.TrainingPlan;
import io.ella.train.TrainingProgress;
import io.ella.train.TrainingRun;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneMaps;
import io.ella.train.scenes.SceneRenderer;
import io.ella.train.scenes.SceneSampler;
import io.ella.tsc.TscConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The training of the small world, in a folder with a subfolder for each stage. Every stage goes on
 * from where it was interrupted, and everything follows from the seeds.
 *
 * <p>Not thread-safe.
 */
public final class SceneTraining {
    private static final Logger LOG = LoggerFactory.getLogger(SceneTraining.class);
    private static final long DATA_SEED = 1;
    private static final long WEIGHT_SEED = 11;
    private static final int SCENES = 20_000;
    private static final int CROP = 64;
    private static final int SAMPLES = 8;

    /** Where a checkpoint keeps what pipelines do not read. */
    static final String MAPS_FOLDER = "maps";

    /** What ends a residual branch or a network, and the modulations: they start at zero. */
    private static final List<String> ZEROS =
            List.of(
                    "conv2.weight",
                    "proj_out.weight",
                    "unet.conv_out.weight",
                    "decoder.conv_out.weight",
                    "ln_1.linear.weight",
                    "ln_2.linear.weight",
                    "ln_ff.linear.weight");

    private final Torch torch;
    private final Path folder;
    private final Precision precision;
    private final SceneSampler scenes = SceneSampler.training(DATA_SEED);
    private long samplesEvery;
    private long steps;
    private Variant variant = Variant.ADALN;
    private @Nullable Path from;

    /**
     * Chooses where.
     *
     * @param torch where to compute
     * @param folder of the whole training
     * @param precision of the computation
     */
    public SceneTraining(Torch torch, Path folder, Precision precision) {
        this.torch = torch;
        this.folder = folder;
        this.precision = precision;
    }

    /**
     * Has a few captions drawn every so many steps of the stages that draw, with the averaged
     * weights: {@code samples/step-N.png} in the folder of the stage. Off unless set.
     *
     * @param steps after how many, rounded up to the next checkpoint; 0 for never
     */
    public void samplesEvery(long steps) {
        samplesEvery = steps;
    }

    /**
     * Sets how many updates a stage has; the learning rate falls at their end. A stage that was
     * interrupted goes on under the new number.
     *
     * @param count how many; 0 for the stage's own number
     */
    public void steps(long count) {
        steps = count;
    }

    /**
     * Chooses the connector of {@link Stage#ALIGN}, {@link Stage#DISTIL} and {@link Stage#TSC},
     * each of which has folders of its own.
     *
     * @param which {@link Variant#ADALN} unless set
     */
    public void variant(Variant which) {
        variant = which;
    }

    /**
     * Has stages of which there is nothing in the folder begin with the weights of a model, such as
     * the embedded one, and others build on them.
     *
     * @param model a checkpoint as {@link #assemble(Path)} writes it
     */
    public void from(Path model) {
        from = model;
    }

    /**
     * {@return how many updates a stage has}
     *
     * @param stage which
     */
    public long steps(Stage stage) {
        return steps > 0 ? steps : stage.steps();
    }

    /**
     * Runs a stage, or the rest of it. One of which there is no checkpoint, but {@code
     * weights.safetensors}, begins with those.
     *
     * @param stage which; those that it builds on must be there
     * @param cancelled asked now and then; true stops after a checkpoint
     * @param listener told now and then
     * @return whether the stage is done
     * @throws EllaException if a stage that it builds on is missing, or training fails
     */
    public boolean run(
            Stage stage, BooleanSupplier cancelled, Consumer<TrainingProgress> listener) {
        Consumer<TrainingProgress> named =
                p ->
                        listener.accept(
                                new TrainingProgress(
                                        stage.toString(),
                                        p.step(),
                                        p.steps(),
                                        p.loss(),
                                        p.secondsPerStep()));
        try {
            TrainingTask task = task(stage, cancelled, listener);
            try (WeightSource start = start(stage, task.graph());
                    TrainingRun run =
                            new TrainingRun(torch, task, plan(stage), start, folder(stage))) {
                run.afterCheckpoint(
                        step -> {
                            keep(stage, task);
                            sample(stage, step);
                        });
                boolean done = run.run(cancelled, named);
                // The process may have been killed between the checkpoint and what is kept of it.
                if (!Files.exists(weights(stage))) {
                    keep(stage, task);
                }
                return done;
            }
        } catch (Cancelled e) {
            return false;
        }
    }

    /** Ends a preparation, of which nothing is kept. */
    private static final class Cancelled extends EllaException {
        private static final long serialVersionUID = 1;

        Cancelled() {
            super("cancelled before the training began");
        }
    }

    private void sample(Stage stage, long step) {
        long every = plan(stage).saveEvery();
        boolean draws = stage == Stage.BASE || stage == Stage.TSC;
        if (!draws || samplesEvery < 1 || step / every % ceiling(samplesEvery, every) != 0) {
            return;
        }
        try {
            Path preview = folder(stage).resolve("preview");
            assemble(preview, stage == Stage.TSC);
            Path samples = folder(stage).resolve("samples");
            SceneSamples.draw(preview, stage, precision, samples, step, SAMPLES);
        } catch (EllaException e) {
            LOG.warn("{}: no samples of step {}: {}", stage, step, e.getMessage());
        }
    }

    private static long ceiling(long a, long b) {
        return (a + b - 1) / b;
    }

    /**
     * {@return where a stage keeps its files}
     *
     * @param stage which
     */
    public Path folder(Stage stage) {
        boolean other = stage.isOfConnector() && variant != Variant.ADALN;
        return folder.resolve(other ? stage + "-" + variant : stage.toString());
    }

    private TrainingTask task(
            Stage stage, BooleanSupplier cancelled, Consumer<TrainingProgress> listener) {
        return switch (stage) {
            case VAE_CROPS -> autoencoder(stage, CROP);
            case VAE, DECODER -> autoencoder(stage, SceneRenderer.DEFAULT_SIZE);
            case TINY_VAE ->
                    new TinyDecoderTask(
                            SceneModels.tinyVae(),
                            scenes,
                            latents(cancelled, listener),
                            stage.batch());
            case T5 -> LanguageTask.t5(scenes, stage.batch());
            case LLAMA -> LanguageTask.llama(scenes, stage.batch());
            case LAYOUT ->
                    new GroundedTask(
                            noisy(cancelled, listener),
                            stage.batch(),
                            Captioner.placing().forLayout());
            case BASE ->
                    new GroundedTask(
                            noisy(cancelled, listener),
                            stage.batch(),
                            Captioner.placing().forLayout(),
                            Captioner.shown().forObjects(),
                            Captioner.shown().forLayout(),
                            Captioner.retold().forObjects(),
                            Captioner.retold().forDetails(),
                            Captioner.shown().forObjects(),
                            Captioner.retold().forDetails(),
                            Captioner.brief());
            case ALIGN -> new AlignmentTask(variant, scenes, stage.batch());
            case DISTIL -> {
                BothEncoders encoders = BothEncoders.of(variant);
                yield new DistillationTask(
                        Objectives.distillation(
                                Scene.MAX_OBJECTS,
                                SceneModels.unet(),
                                variant.config(),
                                encoders.text(),
                                encoders.clip()),
                        encoders,
                        noisy(cancelled, listener),
                        stage.batch(),
                        taught());
            }
            case TSC -> connector(noisy(cancelled, listener), stage.batch());
        };
    }

    /** Behind a base that tells maps, a fourth of each batch goes on as in distillation. */
    private TrainingTask connector(NoisyScenes noisy, int batch) {
        BothEncoders encoders = BothEncoders.of(variant);
        EncoderGraph text = encoders.text();
        TscConfig config = variant.config();
        Captioner dense = Captioner.dense(variant);
        Predicate<String> learns = Objectives::isOfConnector;
        if (!baseTellsMaps()) {
            Graph graph = Objectives.connector(SceneModels.unet(), config, text);
            return new DenoisingTask(graph, learns, text, noisy, batch, dense);
        }
        Graph graph =
                Objectives.connector(
                        Scene.MAX_OBJECTS,
                        SceneModels.unet(),
                        SceneMaps.COUNT,
                        config,
                        text,
                        encoders.clip());
        int taught = batch / 4;
        return new TaughtConnectorTask(
                new DenoisingTask(
                        graph,
                        learns,
                        text,
                        noisy,
                        batch - taught,
                        dense.forLayout(),
                        dense.forObjects(),
                        dense.forLayout(),
                        dense.forDetails()),
                new DistillationTask(graph, encoders, noisy, taught, taught()));
    }

    /** Mostly dense captions; a few short ones, with which the layout is learned first. */
    private Captioner[] taught() {
        Captioner dense = Captioner.dense(variant);
        Captioner layout = dense.forLayout();
        Captioner objects = dense.forObjects();
        Captioner details = dense.forDetails();
        return new Captioner[] {
            Captioner.placing().forLayout(),
            layout,
            objects,
            details,
            layout,
            objects,
            details,
            dense
        };
    }

    private boolean baseTellsMaps() {
        try (WeightSource base = kept(Stage.BASE)) {
            return base.find(Objectives.MAPS + ".weight").isPresent();
        }
    }

    private TrainingTask autoencoder(Stage stage, int size) {
        return new AutoencoderTask(
                SceneModels.vae(), scenes, stage.batch(), size, stage != Stage.DECODER);
    }

    private WeightSource start(Stage stage, Graph graph) {
        WeightSource fresh = new FreshWeights(WEIGHT_SEED, ZEROS);
        Optional<WeightSource> again = begun(stage);
        return switch (stage) {
            case VAE -> again.orElseGet(() -> kept(Stage.VAE_CROPS));
            case DECODER -> again.orElseGet(() -> kept(Stage.VAE));
            case ALIGN, DISTIL, TSC ->
                    WeightSource.joined(
                            Map.of(
                                    Objectives.CLIP,
                                    result(Stage.BASE, Objectives.TEXT_ENCODER),
                                    Objectives.UNET,
                                    result(Stage.BASE, Objectives.UNET),
                                    Objectives.MAPS,
                                    result(Stage.BASE, Objectives.MAPS),
                                    Objectives.TEXT_ENCODER,
                                    result(variant.language(), Objectives.TEXT_ENCODER),
                                    Objectives.TSC,
                                    again.map(own -> part(own, Objectives.TSC)).orElse(fresh)));
            case T5, LAYOUT, BASE ->
                    again.map(own -> GrownWeights.of(own, fresh, graph.parameters())).orElse(fresh);
            default -> again.orElse(fresh);
        };
    }

    /** What a stage begins with, but fresh weights: what it kept, or one that came before it. */
    private Optional<WeightSource> begun(Stage stage) {
        return stage.precursors().stream()
                .filter(before -> Files.exists(weights(before)))
                .findFirst()
                .map(this::kept)
                .or(() -> found(stage));
    }

    private TrainingPlan plan(Stage stage) {
        double average =
                switch (stage) {
                    case DISTIL, TSC -> 0.99; // short, from a connector that is something else
                    case VAE_CROPS, VAE, DECODER, TINY_VAE -> 0.995;
                    case T5, LLAMA, LAYOUT, BASE, ALIGN -> 0.999;
                };
        long count = steps(stage);
        return new TrainingPlan(
                count, 1, stage.rate(count), AdamW.defaults(), average, precision, 100);
    }

    /** What a stage has learned so far, small enough to be kept: it is all that later ones read. */
    private void keep(Stage stage, TrainingTask task) {
        List<StoredTensor> weights = new ArrayList<>();
        try (WeightSource learned = TrainingRun.result(folder(stage))) {
            task.graph().parameters().stream()
                    .filter(p -> task.learns(p.name()))
                    .forEach(p -> weights.add(learned.tensor(p).to(DType.F16)));
        }
        if (stage == Stage.DECODER) { // with the encoder that it belongs to
            try (WeightSource start = start(stage, task.graph())) {
                task.graph().parameters().stream()
                        .filter(p -> !task.learns(p.name()))
                        .forEach(p -> weights.add(start.tensor(p).to(DType.F16)));
            }
        }
        Safetensors.write(weights(stage), Map.of("format", "pt"), weights);
    }

    private Path weights(Stage stage) {
        return folder(stage).resolve("weights.safetensors");
    }

    /** What a stage kept, by the names of its graph. */
    private WeightSource kept(Stage stage) {
        return found(stage)
                .orElseThrow(
                        () ->
                                new EllaException(
                                        "%s is missing. Train the stage \"%s\" first"
                                                .formatted(weights(stage), stage)));
    }

    private Optional<WeightSource> found(Stage stage) {
        if (Files.isRegularFile(weights(stage))) {
            return Optional.of(Safetensors.open(weights(stage)));
        }
        Path model = from;
        if (model == null) {
            return Optional.empty();
        }
        Map<String, String> parts =
                switch (stage) {
                    case VAE -> Map.of(Objectives.VAE, "vae");
                    case TINY_VAE ->
                            Files.exists(model.resolve("tiny_vae"))
                                    ? Map.of(Objectives.TINY_VAE, "tiny_vae")
                                    : Map.<String, String>of();
                    case LAYOUT, BASE ->
                            Map.of(
                                    Objectives.UNET,
                                    "unet",
                                    Objectives.TEXT_ENCODER,
                                    "text_encoder");
                    case T5 -> Map.of(Objectives.TEXT_ENCODER, "ella_text_encoder");
                    case ALIGN, DISTIL, TSC ->
                            variant == Variant.ADALN
                                    ? Map.of(Objectives.TSC, "ella")
                                    : Map.<String, String>of();
                    case VAE_CROPS, DECODER, LLAMA -> Map.<String, String>of();
                };
        if (parts.isEmpty()) {
            return Optional.empty();
        }
        Map<String, WeightSource> sources = new HashMap<>();
        parts.forEach((name, part) -> sources.put(name, Checkpoint.open(model.resolve(part))));
        if (parts.containsKey(Objectives.UNET) && Files.exists(model.resolve(MAPS_FOLDER))) {
            sources.put(Objectives.MAPS, Checkpoint.open(model.resolve(MAPS_FOLDER)));
        }
        return Optional.of(WeightSource.joined(sources));
    }

    /** One of the models that a stage kept, by the model's own names. */
    private WeightSource result(Stage stage, String model) {
        return part(kept(stage), model);
    }

    private static WeightSource part(WeightSource kept, String model) {
        return kept.renamed(name -> model + "." + name);
    }

    private WeightSource lastConnector() {
        return part(begun(Stage.TSC).orElseGet(() -> kept(Stage.TSC)), Objectives.TSC);
    }

    private NoisyScenes noisy(BooleanSupplier cancelled, Consumer<TrainingProgress> listener) {
        return new NoisyScenes(scenes, latents(cancelled, listener));
    }

    private Latents latents(BooleanSupplier cancelled, Consumer<TrainingProgress> listener) {
        Path file = latentsFile();
        if (Files.exists(file)) {
            return Latents.open(file);
        }
        try { // before minutes of work, not after
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EllaException(folder + " cannot be made: " + e, e);
        }
        long began = System.nanoTime();
        try (WeightSource vae = result(Stage.VAE, Objectives.VAE)) {
            return Latents.encode(
                    torch,
                    SceneModels.vae(),
                    vae,
                    scenes,
                    SCENES,
                    file,
                    done -> {
                        if (cancelled.getAsBoolean()) {
                            throw new Cancelled();
                        }
                        double seconds = (System.nanoTime() - began) * 1e-9 / done;
                        if (done % 1000 == 0) {
                            listener.accept(
                                    new TrainingProgress(
                                            "latents", done, SCENES, Double.NaN, seconds));
                        }
                    });
        }
    }

    /**
     * Writes what has been trained as a checkpoint that {@link io.ella.pipeline.ElllaPipeline}
     * opens, in fp16. The connector is that of the last of its stages.
     *
     * @param out the folder of the checkpoint; made if absent
     * @throws EllaException if a stage is missing, or a file cannot be written
     */
    public void assemble(Path out) {
        assemble(out, true);
    }

    private void assemble(Path out, boolean withElla) {
        double scale = Latents.scalingFactor(latentsFile());
        SceneCheckpoint checkpoint = new SceneCheckpoint(out);
        Stage decoder = Files.exists(weights(Stage.DECODER)) ? Stage.DECODER : Stage.VAE;
        try (WeightSource vae = result(decoder, Objectives.VAE);
                WeightSource unet = result(Stage.BASE, Objectives.UNET);
                WeightSource clip = result(Stage.BASE, Objectives.TEXT_ENCODER)) {
            checkpoint.vae(vae, scale);
            checkpoint.base(unet, clip);
            if (baseTellsMaps()) {
                checkpoint.maps(result(Stage.BASE, Objectives.MAPS));
            }
        }
        found(Stage.TINY_VAE)
                .map(kept -> part(kept, Objectives.TINY_VAE))
                .ifPresent(
                        tiny -> {
                            try (tiny) {
                                checkpoint.tinyVae(tiny);
                            }
                        });
        if (withElla) {
            try (WeightSource text = result(variant.language(), Objectives.TEXT_ENCODER);
                    WeightSource tsc = lastConnector()) {
                checkpoint.ella(variant, tsc, text);
            }
        }
    }

    private Path latentsFile() {
        return folder.resolve("latents.safetensors");
    }
}
