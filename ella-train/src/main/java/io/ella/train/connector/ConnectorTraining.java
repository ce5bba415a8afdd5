package io.ella.train.connector;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.scheduler.ForwardProcess;
import io.ella.core.torch.Torch;
import io.ella.core.weights.DType;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.LlamaConfig;
import io.ella.encoders.T5Config;
import io.ella.pipeline.DiffusionCheckpoint;
import io.ella.train.FreshWeights;
import io.ella.train.Objectives;
import io.ella.train.TrainingProgress;
import io.ella.train.TrainingRun;
import io.ella.tsc.TscConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The training of a connector between a language model and a Stable Diffusion checkpoint, SDXL
 * included. Latents and text features are kept on disk and not computed twice; interrupted, it goes
 * on from its last checkpoint.
 *
 * <p>Not thread-safe.
 */
public final class ConnectorTraining {
    /** What modulates norms starts at zero, and with it, in AdaLN-Zero, what gates the branches. */
    private static final List<String> ZEROS =
            List.of("ln_1.linear.weight", "ln_2.linear.weight", "ln_ff.linear.weight");

    private final Torch torch;
    private final Path model;
    private final Path textEncoder;
    private final ConnectorSettings settings;
    private final Path folder;
    private final FeatureCache cache;
    private final TscConfig config;

    /**
     * Chooses what to train with.
     *
     * @param torch where to compute
     * @param model a Stable Diffusion checkpoint: a folder in diffusers' layout or a single file
     * @param textEncoder the folder of a T5 or a Llama
     * @param settings what is trained, and how
     * @param folder where checkpoints and the loss curve are and will be
     * @param cache where latents and text features are and will be; trainings may share it
     * @throws EllaException if the models are not there, or do not fit the settings
     */
    public ConnectorTraining(
            Torch torch,
            Path model,
            Path textEncoder,
            ConnectorSettings settings,
            Path folder,
            Path cache) {
        this.torch = torch;
        this.model = model;
        this.textEncoder = textEncoder;
        this.settings = settings;
        this.folder = folder;
        this.cache = new FeatureCache(cache);
        try (DiffusionCheckpoint checkpoint = DiffusionCheckpoint.open(model)) {
            check(checkpoint);
            this.config = settings.config(checkpoint.unetConfig(), width(textEncoder));
        }
    }

    private void check(DiffusionCheckpoint checkpoint) {
        int channels = checkpoint.unetConfig().inChannels();
        if (channels != checkpoint.vaeConfig().latentChannels()) {
            throw new EllaException(
                    "the U-Net of %s takes %d channels, its latents have %d. Give a checkpoint that draws from text alone"
                            .formatted(model, channels, checkpoint.vaeConfig().latentChannels()));
        }
        int scale = checkpoint.vaeConfig().scale();
        if (settings.size() % scale != 0) {
            throw new EllaException(
                    "the size is %d, the autoencoder of %s takes multiples of %d"
                            .formatted(settings.size(), model, scale));
        }
    }

    private static int width(Path textEncoder) {
        Config config = Config.read(textEncoder.resolve("config.json"));
        String type = config.string("model_type");
        return switch (type) {
            case "t5" -> T5Config.from(config).dModel();
            case "llama" -> LlamaConfig.from(config).hiddenSize();
            default ->
                    throw new EllaException(
                            "%s: \"model_type\" is \"%s\", ELLA's text encoders are \"t5\" and \"llama\""
                                    .formatted(config.origin(), type));
        };
    }

    /** {@return what the connector is made of} */
    public TscConfig config() {
        return config;
    }

    /**
     * Encodes what is not encoded yet, then trains to the end, or until told to stop.
     *
     * @param images what to learn from
     * @param cancelled asked after every step; true stops, after a checkpoint
     * @param listener told now and then, on this thread
     * @return whether the end was reached
     * @throws EllaException if an image cannot be read, the folder holds another training, or
     *     training fails
     */
    public boolean run(
            List<CaptionedImage> images,
            BooleanSupplier cancelled,
            Consumer<TrainingProgress> listener) {
        try (DiffusionCheckpoint checkpoint = DiffusionCheckpoint.open(model)) {
            Features features = new Features(torch, cache, cancelled, listener);
            List<String> latents = features.latents(images, checkpoint, model, settings.size());
            List<String> captions = images.stream().map(CaptionedImage::caption).toList();
            List<String> texts = features.texts(captions, textEncoder, settings.maxLength());
            List<String> empty = features.texts(List.of(""), textEncoder, settings.maxLength());
            List<String> pooled =
                    checkpoint.unetConfig().hasTextTime()
                            ? features.pooled(captions, checkpoint, model)
                            : List.of();
            if (cancelled.getAsBoolean()) {
                return false;
            }
            claim(Fingerprint.of(latents, texts, pooled, Fingerprint.of(unet())));
            ConnectorTask task =
                    new ConnectorTask(
                            Objectives.connector(checkpoint.unetConfig(), config),
                            settings,
                            checkpoint.vaeConfig(),
                            config.inputDim(),
                            new ForwardProcess(checkpoint.scheduler()),
                            cache,
                            latents,
                            texts,
                            empty.get(0),
                            pooled);
            WeightSource start =
                    WeightSource.joined(
                            Map.of(
                                    Objectives.UNET,
                                    checkpoint.unet(),
                                    Objectives.TSC,
                                    new FreshWeights(settings.seed(), ZEROS)));
            try (TrainingRun run = new TrainingRun(torch, task, settings.plan(), start, folder)) {
                return run.run(cancelled, listener);
            }
        }
    }

    private Path unet() {
        Path unet = model.resolve("unet");
        return Files.isDirectory(unet) ? unet : model;
    }

    /** Writes down what the folder's checkpoint depends on, or compares it; steps may be added. */
    private void claim(String data) {
        JsonObject json = new JsonObject();
        json.add("connector", json(config));
        json.addProperty("size", settings.size());
        json.addProperty("max_length", settings.maxLength());
        json.addProperty("dropout", settings.dropout());
        json.addProperty("batch", settings.batch());
        json.addProperty("accumulate", settings.plan().accumulate());
        json.addProperty("seed", settings.seed());
        json.addProperty("rate", settings.plan().rate().toString());
        json.addProperty("optimizer", settings.plan().adam().toString());
        json.addProperty("ema", settings.plan().averageDecay());
        json.addProperty("precision", settings.plan().precision().toString());
        json.addProperty("data", data);
        Path file = folder.resolve("settings.json");
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(folder);
                Files.writeString(file, text(json));
                return;
            }
            JsonObject old = Config.read(file).toJson();
            for (String key : json.keySet()) {
                if (!json.get(key).equals(old.get(key))) {
                    throw new EllaException(
                            "%s holds a training whose %s is %s, this one's is %s. Give the same, or another folder"
                                    .formatted(folder, key, old.get(key), json.get(key)));
                }
            }
        } catch (IOException e) {
            throw new EllaException(file + " cannot be written: " + e, e);
        }
    }

    private static StoredTensor learned(WeightSource trained, ParameterSpec parameter) {
        String name = Objectives.TSC + "." + parameter.name();
        return trained.tensor(new ParameterSpec(name, parameter.shape(), parameter.type()))
                .renamed(parameter.name());
    }

    /**
     * Writes the connector as the last checkpoint has it, in fp16 under the published names, so
     * that any ELLA opens it; where the tensors do not say all, a JSON file beside it does.
     *
     * @param file the file, such as {@code ella.safetensors}
     * @throws EllaException if there is no checkpoint, or the file cannot be written
     */
    public void write(Path file) {
        try (WeightSource trained = TrainingRun.result(folder)) {
            List<StoredTensor> tensors =
                    config.graph().parameters().stream()
                            .map(p -> learned(trained, p).to(DType.F16))
                            .toList();
            Safetensors.write(file, Map.of("format", "pt"), tensors);
        }
        String name = file.getFileName().toString().replaceFirst("(\\.safetensors)?$", ".json");
        Path beside = file.resolveSibling(name);
        boolean needed = config.heads() != 0 && config.heads() != TscConfig.DEFAULT_HEADS;
        try {
            if (needed || Files.exists(beside)) { // an old one would contradict
                Files.writeString(beside, text(json(config)));
            }
        } catch (IOException e) {
            throw new EllaException(beside + " cannot be written: " + e, e);
        }
    }

    private static JsonObject json(TscConfig config) {
        JsonObject json = new JsonObject();
        json.addProperty("connector", config.connector().toString());
        size(json, "time_channel", config.timeChannel());
        size(json, "time_embed_dim", config.timeEmbedDim());
        size(json, "width", config.width());
        size(json, "layers", config.layers());
        size(json, "heads", config.heads());
        size(json, "num_latents", config.numLatents());
        size(json, "input_dim", config.inputDim());
        return json;
    }

    private static void size(JsonObject json, String key, int value) {
        if (value > 0) {
            json.addProperty(key, value);
        }
    }

    private static String text(JsonObject json) {
        return new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n";
    }
}
