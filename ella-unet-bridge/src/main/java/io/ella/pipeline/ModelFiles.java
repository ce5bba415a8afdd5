package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.ClipTextConfig;
import io.ella.encoders.ClipTextEncoder;
import io.ella.encoders.Tokenizer;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.LegacyVaeNames;
import io.ella.unet.Lora;
import io.ella.unet.OriginalLayout;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The components of a Stable Diffusion checkpoint, found and matched but not loaded.
 *
 * @param unetConfig the shape of the U-Net
 * @param unet its weights, under diffusers' names
 * @param vaeConfig the shape of the autoencoder
 * @param vae its weights, under diffusers' names
 * @param scheduler the settings that the model was trained with
 * @param clip its own text encoders: one, or two for SDXL; empty where there are none
 * @param zeroUnconditional whether zeros, not the empty prompt, stand for an absent negative prompt
 *     (SDXL)
 * @param guidance the scale of guidance where a request names none
 */
record ModelFiles(
        UNetConfig unetConfig,
        WeightSource unet,
        VaeConfig vaeConfig,
        WeightSource vae,
        SchedulerConfig scheduler,
        List<ClipFiles> clip,
        boolean zeroUnconditional,
        double guidance)
        implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ModelFiles.class);

    /**
     * One CLIP text encoder.
     *
     * @param config its {@code config.json}
     * @param weights its weights, under transformers' names
     * @param tokenizer the folder with its tokenizer; empty where there is none
     * @param padToken what the tokenizer pads with; empty for what its files name
     */
    record ClipFiles(
            Config config,
            WeightSource weights,
            Optional<Path> tokenizer,
            Optional<String> padToken) {

        /** {@return its tokenizer, to be closed; empty where there is none} */
        Optional<Tokenizer> openTokenizer() {
            return tokenizer.map(folder -> Tokenizer.open(folder, padToken.orElse(null)));
        }

        ClipFiles with(Lora lora, Lora.Part part, double scale) {
            if (!lora.parts().contains(part)) {
                return this;
            }
            List<ParameterSpec> declared =
                    ClipTextEncoder.parameters(ClipTextConfig.from(config), weights);
            return new ClipFiles(
                    config, lora.merged(weights, part, declared, scale), tokenizer, padToken);
        }
    }

    /** What pads the prompts of OpenCLIP (2.x, SDXL's second): id 0 in CLIP's vocabulary. */
    private static final String OPEN_CLIP_PAD_TOKEN = "!";

    static ModelFiles open(Path path) {
        if (Files.isRegularFile(path)) {
            return single(path);
        }
        if (!Files.isDirectory(path)) {
            throw new EllaException(
                    path
                            + " does not exist. Name a folder in diffusers' layout or a .safetensors file; download it first");
        }
        return folder(path);
    }

    /**
     * A file in the original layout; its tokenizer may lie beside it, in a folder {@code tokenizer}
     * (SDXL's second in {@code tokenizer_2}; where there is none, it is the first with other
     * padding).
     */
    private static ModelFiles single(Path file) {
        OriginalLayout layout = OriginalLayout.open(file);
        try {
            OriginalLayout.Part unet = layout.unet();
            OriginalLayout.Part vae =
                    layout.vae()
                            .orElseThrow(
                                    () ->
                                            new EllaException(
                                                    file
                                                            + " has no VAE. Is it a whole checkpoint?"));
            List<ClipFiles> clip = new ArrayList<>();
            for (OriginalLayout.Part part : layout.textEncoders()) {
                boolean openClip = part.config().string("hidden_act").equals("gelu");
                Optional<Path> tokenizer = subfolder(file.resolveSibling("tokenizer"));
                Optional<Path> own =
                        clip.isEmpty()
                                ? tokenizer
                                : subfolder(file.resolveSibling("tokenizer_2")).or(() -> tokenizer);
                clip.add(
                        new ClipFiles(
                                part.config(),
                                part.weights(),
                                own,
                                openClip ? Optional.of(OPEN_CLIP_PAD_TOKEN) : Optional.empty()));
            }
            return new ModelFiles(
                    UNetConfig.from(unet.config()),
                    unet.weights(),
                    VaeConfig.from(vae.config()),
                    vae.weights(),
                    SchedulerConfig.fromJson(layout.scheduler().toString()),
                    clip,
                    true, // as published
                    GenerationRequest.USUAL_GUIDANCE);
        } catch (RuntimeException e) {
            layout.close();
            throw e;
        }
    }

    private static ModelFiles folder(Path folder) {
        Path index = folder.resolve("model_index.json");
        if (!Files.isRegularFile(index)) {
            throw new EllaException(
                    folder
                            + " has no model_index.json. Name the folder of a whole diffusers model, not of one component");
        }
        Config settings = Config.read(index);
        if (settings.bool("untrained", false)) {
            LOG.warn("{} says that its weights are untrained: its images are noise", index);
        }
        Config unet = Config.read(component(folder, "unet").resolve("config.json"));
        Config vae = Config.read(component(folder, "vae").resolve("config.json"));
        Config scheduler =
                Config.read(component(folder, "scheduler").resolve("scheduler_config.json"));
        Resources opened = new Resources();
        try {
            WeightSource unetWeights = opened.add(Checkpoint.open(folder.resolve("unet")));
            VaeConfig vaeConfig = VaeConfig.from(vae);
            WeightSource vaeWeights =
                    LegacyVaeNames.resolve(
                            opened.add(Checkpoint.open(folder.resolve("vae"))),
                            AutoencoderKL.decoder(vaeConfig).parameters());
            List<ClipFiles> clip = new ArrayList<>();
            for (String suffix : List.of("", "_2")) {
                Path encoder = folder.resolve("text_encoder" + suffix);
                if (Files.isDirectory(encoder)) {
                    Config config = Config.read(encoder.resolve("config.json"));
                    clip.add(
                            new ClipFiles(
                                    config,
                                    opened.add(Checkpoint.open(encoder)),
                                    subfolder(folder.resolve("tokenizer" + suffix)),
                                    Optional.empty()));
                }
            }
            return new ModelFiles(
                    UNetConfig.from(unet),
                    unetWeights,
                    vaeConfig,
                    vaeWeights,
                    SchedulerConfig.fromJson(scheduler.toString()),
                    clip,
                    settings.bool("force_zeros_for_empty_prompt", true),
                    settings.number("guidance_scale", GenerationRequest.USUAL_GUIDANCE));
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /**
     * {@return these with LoRAs merged into the weights, one over the other; closing them closes
     * these}
     *
     * @throws EllaException if a file is malformed, or changes what this model does not have
     */
    ModelFiles with(List<LoraFile> loras) {
        ModelFiles files = this;
        for (LoraFile lora : loras) {
            files = files.with(Lora.open(lora.file()), lora.scale());
        }
        return files;
    }

    private ModelFiles with(Lora lora, double scale) {
        List<Lora.Part> encoders = List.of(Lora.Part.TEXT_ENCODER, Lora.Part.TEXT_ENCODER_2);
        for (int i = clip.size(); i < encoders.size(); i++) {
            if (lora.parts().contains(encoders.get(i))) {
                throw new EllaException(
                        "%s changes %d text encoders, the model has %d. Is this a LoRA for another model?"
                                .formatted(lora.description(), i + 1, clip.size()));
            }
        }
        List<ClipFiles> changed = new ArrayList<>();
        for (int i = 0; i < clip.size(); i++) {
            changed.add(clip.get(i).with(lora, encoders.get(i), scale));
        }
        List<ParameterSpec> declared = UNet2DConditionModel.graph(unetConfig, false).parameters();
        return new ModelFiles(
                unetConfig,
                lora.merged(unet, Lora.Part.UNET, declared, scale),
                vaeConfig,
                vae,
                scheduler,
                changed,
                zeroUnconditional,
                guidance);
    }

    private static Optional<Path> subfolder(Path folder) {
        return Optional.of(folder).filter(Files::isDirectory);
    }

    private static Path component(Path folder, String name) {
        Path component = folder.resolve(name);
        if (!Files.isDirectory(component)) {
            throw new EllaException(
                    folder + " has no folder " + name + ". Is the checkpoint complete?");
        }
        return component;
    }

    @Override
    public void close() {
        unet.close();
        vae.close();
        clip.forEach(c -> c.weights().close());
    }
}
