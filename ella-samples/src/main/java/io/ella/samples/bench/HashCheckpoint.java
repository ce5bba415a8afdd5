package io.ella.samples.bench;

import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.core.weights.DType;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.T5Config;
import io.ella.encoders.TextEncoder;
import io.ella.tsc.TscConfig;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes a checkpoint of full size: Stable Diffusion 1.5, flan-t5-xl and the connector between
 * them, in fp16 and with computed weights, 4.5 GB. What is drawn with it is noise; time and memory
 * are those of the real one.
 */
public final class HashCheckpoint {
    private static final String TOKENIZERS = "/io/ella/models/default/ella_text_encoder/";

    private HashCheckpoint() {}

    /**
     * Writes the files.
     *
     * @param folder the model; the connector will be its {@code ella.safetensors}, the language
     *     model its folder {@code ella_text_encoder}
     * @throws EllaException if a file cannot be written
     */
    public static void write(Path folder) {
        try {
            json(folder.resolve("model_index.json"), "{}");
            json(
                    folder.resolve("scheduler/scheduler_config.json"),
                    SchedulerConfig.STABLE_DIFFUSION_1_5.toJson());
            UNetConfig unet = UNetConfig.from(Config.parse(Configs.SD15, "unet"));
            json(folder.resolve("unet/config.json"), Configs.SD15);
            weights(
                    folder.resolve("unet/diffusion_pytorch_model.safetensors"),
                    UNet2DConditionModel.graph(unet, false).parameters());
            VaeConfig vae = VaeConfig.from(Config.parse(Configs.VAE, "vae"));
            json(folder.resolve("vae/config.json"), Configs.VAE);
            weights(
                    folder.resolve("vae/diffusion_pytorch_model.safetensors"),
                    AutoencoderKL.decoder(vae).parameters());
            weights(folder.resolve("ella.safetensors"), TscConfig.SD15_T5XL.graph().parameters());
            textEncoder(folder.resolve("ella_text_encoder"));
        } catch (IOException e) {
            throw new EllaException("the checkpoint cannot be written: " + e, e);
        }
    }

    private static void textEncoder(Path folder) throws IOException {
        Config config = Config.parse(Configs.T5_XL, "t5");
        JsonObject json = config.toJson();
        json.addProperty("model_type", "t5");
        json(folder.resolve("config.json"), json.toString());
        weights(folder.resolve("model.safetensors"), TextEncoder.parameters(T5Config.from(config)));
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            try (InputStream in = HashCheckpoint.class.getResourceAsStream(TOKENIZERS + name)) {
                if (in == null) {
                    throw new EllaException(TOKENIZERS + name + " is not on the class path");
                }
                Files.write(folder.resolve(name), in.readAllBytes());
            }
        }
    }

    private static void json(Path file, String text) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text);
    }

    private static void weights(Path file, List<ParameterSpec> parameters) {
        List<StoredTensor> tensors = new ArrayList<>();
        try (WeightSource source = new HashWeights(0)) {
            for (ParameterSpec spec : parameters) {
                tensors.add(source.tensor(spec).to(DType.F16));
            }
        }
        Safetensors.write(file, Map.of(), tensors);
    }
}
