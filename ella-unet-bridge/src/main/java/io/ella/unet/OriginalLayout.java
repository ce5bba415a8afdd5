package io.ella.unet;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.Mapping;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.WeightSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A whole Stable Diffusion checkpoint in one file, with the parameter names of the original code,
 * as CivitAI distributes them: 1.x, 2.x and XL base, inpainting variants included; also an
 * autoencoder alone.
 *
 * <p>Such a file has no configuration. Most of it follows from the names and shapes of the
 * parameters; what does not is taken as published for the family ({@link Family}). Where that is
 * wrong, a JSON file of the same name beside it ({@code X.json} for {@code X.safetensors}) can say
 * otherwise: an object with any of the objects {@code unet}, {@code vae}, {@code text_encoder},
 * {@code text_encoder_2} and {@code scheduler}, whose keys are those of diffusers' and
 * transformers' {@code config.json} and replace what was inferred. Other keys in it are ignored,
 * since other programs keep such files too. A tokenizer is in neither file.
 *
 * <p>Not in the names and shapes: attention heads (published: 8 in each layer for 1.x, so 8 unless
 * a head would be narrower than 8 channels; 64 channels each for 2.x, XL and CLIP), what the
 * network predicts (2.x: velocity, 2.x inpainting and all others: noise), groups and epsilons of
 * the norms, scaling factor, noise schedule.
 *
 * <p>Immutable and safe for concurrent reads.
 */
public final class OriginalLayout implements AutoCloseable {
    /** Which publication a checkpoint is built like. */
    public enum Family {
        /** Stable Diffusion 1.x: CLIP-L, attention layers project by convolutions. */
        SD1,
        /** Stable Diffusion 2.x: OpenCLIP-H, attention layers project by linear layers. */
        SD2,
        /** Stable Diffusion XL base: CLIP-L and OpenCLIP-bigG, with pooled text and time ids. */
        SDXL
    }

    /**
     * One model of the checkpoint.
     *
     * @param config its configuration in the vocabulary of diffusers or transformers
     * @param weights its parameters under diffusers' or transformers' names; a view that needs no
     *     closing of its own
     */
    public record Part(Config config, WeightSource weights) {}

    private static final String UNET = "model.diffusion_model.";
    private static final String VAE = "first_stage_model.";
    private static final String VAE_MARK = "decoder.up.0.block.0.conv1.weight";
    private static final String REFINER = "conditioner.embedders.0.model.";

    private final WeightSource source;
    private final Config overrides;
    private final Map<String, String> metadata;

    private OriginalLayout(WeightSource source, Config overrides, Map<String, String> metadata) {
        this.source = source;
        this.overrides = overrides;
        this.metadata = metadata;
    }

    /**
     * {@return whether the parameters have the names of this layout}
     *
     * @param source any checkpoint
     */
    public static boolean matches(WeightSource source) {
        return source.find(UNET + "input_blocks.0.0.weight").isPresent()
                || vaePrefix(source) != null;
    }

    /**
     * Opens a file, and the JSON file beside it if there is one.
     *
     * @param file a {@code .safetensors} file
     * @return the checkpoint
     * @throws EllaException if a file is malformed, or has another layout
     */
    public static OriginalLayout open(Path file) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        Path json = file.resolveSibling((dot < 0 ? name : name.substring(0, dot)) + ".json");
        return open(
                file, Files.exists(json) ? Config.read(json) : Config.parse("{}", file.toString()));
    }

    /**
     * Opens a file, with the configuration of a folder in diffusers' layout, of which only the
     * {@code config.json} files are read.
     *
     * @param file a {@code .safetensors} file
     * @param folder with {@code unet/config.json} and so on; what it lacks is inferred
     * @return the checkpoint
     * @throws EllaException if a file is malformed, or has another layout
     */
    public static OriginalLayout open(Path file, Path folder) {
        JsonObject all = new JsonObject();
        for (String part : List.of("unet", "vae", "text_encoder", "text_encoder_2", "scheduler")) {
            String name = part.equals("scheduler") ? "scheduler_config.json" : "config.json";
            Path config = folder.resolve(part).resolve(name);
            if (Files.exists(config)) {
                all.add(part, Config.read(config).toJson());
            }
        }
        if (all.size() == 0) {
            throw new EllaException(
                    folder + " has no unet/config.json. Expected a folder in diffusers' layout");
        }
        return open(file, Config.of(all, folder.toString()));
    }

    private static OriginalLayout open(Path file, Config overrides) {
        return of(Checkpoint.open(file), overrides);
    }

    /**
     * {@return the checkpoint in an open file}
     *
     * @param source the file; closing the checkpoint closes it
     * @param overrides as the JSON file beside it would have
     * @throws EllaException if the parameters have other names than this layout's
     */
    public static OriginalLayout of(WeightSource source, Config overrides) {
        if (!matches(source)) {
            throw new EllaException(
                    "%s: not a checkpoint in the original Stable Diffusion layout: \"%sinput_blocks.0.0.weight\" is not among its %d parameters. Is it another model, or one component in diffusers' layout?"
                            .formatted(source.description(), UNET, source.names().size()));
        }
        if (source.names().stream().anyMatch(name -> name.startsWith(REFINER))) {
            throw new EllaException(
                    source.description()
                            + ": is the refiner of Stable Diffusion XL, which is not supported. Use the base model");
        }
        Map<String, String> metadata =
                source instanceof Safetensors single ? single.metadata() : Map.of();
        return new OriginalLayout(source, overrides, metadata);
    }

    private static @Nullable String vaePrefix(WeightSource source) {
        return source.find(VAE + VAE_MARK).isPresent()
                ? VAE
                : source.find(VAE_MARK).isPresent() ? "" : null;
    }

    /** {@return the path of the file} */
    public String description() {
        return source.description();
    }

    /**
     * {@return which publication the U-Net is built like}
     *
     * @throws EllaException if the file has no U-Net
     */
    public Family family() {
        if (source.find(UNET + "label_emb.0.0.weight").isPresent()) {
            return Family.SDXL;
        }
        // Only 1.x projects by 1×1 convolutions.
        return new OriginalUNet(source, UNET).linearProjection() ? Family.SD2 : Family.SD1;
    }

    /**
     * {@return the U-Net, for {@link UNetConfig#from}}
     *
     * @throws EllaException if there is none, or it is built in a way that is not supported
     */
    public Part unet() {
        OriginalUNet unet = new OriginalUNet(source, UNET);
        Config config = overridden("unet", () -> unet.config(family(), sampleSize()));
        OriginalUNetNames names = unet.names();
        List<ParameterSpec> declared =
                UNet2DConditionModel.graph(UNetConfig.from(config), false).parameters();
        Map<String, Mapping> mappings = new LinkedHashMap<>();
        for (ParameterSpec spec : declared) {
            names.of(spec.name())
                    .ifPresent(name -> mappings.put(spec.name(), Mapping.from(UNET + name)));
        }
        Set<String> used =
                mappings.values().stream().map(Mapping::source).collect(Collectors.toSet());
        List<String> unused =
                source.names().stream()
                        .filter(name -> name.startsWith(UNET) && !used.contains(name))
                        .toList();
        if (!unused.isEmpty()) {
            throw new EllaException(
                    "%s: %d parameters of its U-Net are not those of Stable Diffusion 1.x, 2.x or XL, such as \"%s\" %s. Is it another kind of model?"
                            .formatted(
                                    description(),
                                    unused.size(),
                                    unused.get(0),
                                    source.tensor(unused.get(0)).shape()));
        }
        return new Part(config, source.mapped(mappings));
    }

    /** {@return the autoencoder, for {@link VaeConfig#from}; empty if the file has none} */
    public Optional<Part> vae() {
        String prefix = vaePrefix(source);
        if (prefix == null) {
            return Optional.empty();
        }
        boolean xl = source.find(UNET + "label_emb.0.0.weight").isPresent();
        Config inferred = overridden("vae", () -> OriginalVae.config(source, prefix, xl));
        VaeConfig config = VaeConfig.from(inferred);
        List<ParameterSpec> declared = new ArrayList<>(AutoencoderKL.decoder(config).parameters());
        declared.addAll(AutoencoderKL.encoder(config).parameters());
        return Optional.of(
                new Part(inferred, source.mapped(OriginalVae.mappings(declared, prefix))));
    }

    /**
     * {@return the CLIP text encoders, in the order in which SDXL concatenates them; empty if the
     * file has none}
     */
    public List<Part> textEncoders() {
        List<Part> encoders = new ArrayList<>();
        for (OriginalClip clip : OriginalClip.all(source)) {
            String name = encoders.isEmpty() ? "text_encoder" : "text_encoder_2";
            Config config = overridden(name, clip::config);
            encoders.add(new Part(config, source.mapped(clip.mappings())));
        }
        return encoders;
    }

    /** {@return the scheduler that the publication has, with its {@code _class_name}} */
    public Config scheduler() {
        return overridden("scheduler", this::publishedScheduler);
    }

    private JsonObject publishedScheduler() {
        Family family = family();
        JsonObject json = new JsonObject();
        json.addProperty(
                "_class_name",
                switch (family) {
                    case SD1 -> "PNDMScheduler";
                    case SD2 -> "DDIMScheduler";
                    case SDXL -> "EulerDiscreteScheduler";
                });
        json.addProperty("num_train_timesteps", 1000);
        json.addProperty("beta_start", 0.00085);
        json.addProperty("beta_end", 0.012);
        json.addProperty("beta_schedule", "scaled_linear");
        json.addProperty("prediction_type", predictsVelocity() ? "v_prediction" : "epsilon");
        json.addProperty("steps_offset", 1);
        json.addProperty("timestep_spacing", "leading");
        if (family == Family.SD1) {
            json.addProperty("skip_prk_steps", true);
        }
        if (family != Family.SDXL) {
            json.addProperty("set_alpha_to_one", false);
        }
        if (family == Family.SD2) {
            json.addProperty("clip_sample", false);
        }
        if (source.find("ztsnr").isPresent()) {
            json.addProperty("rescale_betas_zero_snr", true);
        }
        return json;
    }

    /** As the file's marks or metadata say, else as published. */
    private boolean predictsVelocity() {
        if (source.find("v_pred").isPresent()) {
            return true;
        }
        String stated = metadata.get("modelspec.prediction_type");
        if (stated != null) {
            return stated.startsWith("v");
        }
        return family() == Family.SD2 && new OriginalUNet(source, UNET).inChannels() == 4;
    }

    private int sampleSize() {
        return switch (family()) {
            case SD1 -> 64;
            case SD2 -> predictsVelocity() ? 96 : 64;
            case SDXL -> 128;
        };
    }

    private Config overridden(String part, Supplier<JsonObject> inferred) {
        JsonObject json = inferred.get();
        String origin = "%s (its %s)".formatted(description(), part);
        if (overrides.has(part)) {
            Config own = overrides.object(part);
            for (Map.Entry<String, JsonElement> entry : own.toJson().entrySet()) {
                json.add(entry.getKey(), entry.getValue());
            }
            origin = own.origin();
        }
        return Config.of(json, origin);
    }

    /** Ends the use of the file and of all parts. */
    @Override
    public void close() {
        source.close();
    }
}
