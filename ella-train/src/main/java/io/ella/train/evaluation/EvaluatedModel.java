package io.ella.train.evaluation;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.pipeline.ElllaPipeline;
import io.ella.pipeline.FileHashes;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A checkpoint of the small world, opened for every {@link Arm}. Thread-safe. Holds native memory
 * until closed.
 */
public final class EvaluatedModel implements AutoCloseable {
    private static final List<String> PARTS = List.of("unet", "vae", "text_encoder");

    private final Map<String, String> files;
    private final int size;
    private final Autoencoder autoencoder;
    private final ElllaPipeline base;
    private final ElllaPipeline ella;

    private EvaluatedModel(
            Map<String, String> files,
            int size,
            Autoencoder autoencoder,
            ElllaPipeline base,
            ElllaPipeline ella) {
        this.files = files;
        this.size = size;
        this.autoencoder = autoencoder;
        this.base = base;
        this.ella = ella;
    }

    /**
     * Opens a checkpoint with the connector in its folder {@code ella} and the language model in
     * {@code ella_text_encoder}, as the embedded model has them.
     *
     * @param model a folder in diffusers' layout
     * @param device where to compute
     * @param precision in what
     * @return the model, which the caller closes
     * @throws EllaException if something is missing or does not fit
     */
    public static EvaluatedModel open(Path model, Device device, Precision precision) {
        return open(
                model,
                model.resolve("ella"),
                model.resolve("ella_text_encoder"),
                device,
                precision);
    }

    /**
     * Opens a checkpoint.
     *
     * @param model a folder in diffusers' layout
     * @param connector a .safetensors file or a folder with one
     * @param textEncoder the folder of the language model that the connector was trained with
     * @param device where to compute
     * @param precision in what
     * @return the model, which the caller closes
     * @throws EllaException if something is missing or does not fit
     */
    public static EvaluatedModel open(
            Path model, Path connector, Path textEncoder, Device device, Precision precision) {
        Map<String, String> files = new TreeMap<>();
        for (String part : PARTS) {
            hash(part, model.resolve(part), files);
        }
        hash("ella", connector, files);
        hash("ella_text_encoder", textEncoder, files);
        int size = size(model);
        Autoencoder autoencoder = new Autoencoder(device, model.resolve("vae"), size);
        ElllaPipeline base = null;
        try {
            base = builder(model, device, precision).build();
            ElllaPipeline ella =
                    builder(model, device, precision)
                            .ella(connector)
                            .textEncoder(textEncoder)
                            .sharing(base)
                            .build();
            return new EvaluatedModel(files, size, autoencoder, base, ella);
        } catch (RuntimeException | Error e) {
            if (base != null) {
                base.close();
            }
            autoencoder.close();
            throw e;
        }
    }

    private static ElllaPipeline.Builder builder(Path model, Device device, Precision precision) {
        return ElllaPipeline.builder().model(model).device(device).precision(precision);
    }

    private static int size(Path model) {
        UNetConfig unet = UNetConfig.from(Config.read(model.resolve("unet/config.json")));
        VaeConfig vae = VaeConfig.from(Config.read(model.resolve("vae/config.json")));
        return unet.sampleSize() * vae.scale();
    }

    private static void hash(String name, Path root, Map<String, String> files) {
        if (!Files.exists(root)) {
            throw new EllaException(
                    root
                            + " does not exist. A model to evaluate is a folder in diffusers' layout, with a connector and its language model, which may lie in \"ella\" and \"ella_text_encoder\" there");
        }
        for (Path file : FileHashes.files(root)) {
            String relative = root.relativize(file).toString().replace('\\', '/');
            files.put(name + "/" + relative, FileHashes.sha256(file));
        }
    }

    /**
     * {@return what its pictures depend on: SHA-256 of each weight file by its place in the model,
     * device and precisions}
     */
    public Map<String, String> identity() {
        Map<String, String> identity = new TreeMap<>(files);
        ella.description()
                .forEach(
                        (key, value) -> {
                            if (key.equals("device") || key.endsWith("_precision")) {
                                identity.put(key, value);
                            }
                        });
        return Collections.unmodifiableMap(identity);
    }

    /**
     * {@return who draws for each arm}
     *
     * @param settings how
     */
    public Map<Arm, Pictures> arms(EvaluationSettings settings) {
        Map<Arm, Pictures> arms = new EnumMap<>(Arm.class);
        arms.put(Arm.RENDERS, Pictures.renders(size));
        arms.put(Arm.AUTOENCODER, autoencoder);
        arms.put(Arm.BASE_SHORT, Pictures.of(base, HeldOutPrompt::shortCaption, settings));
        arms.put(Arm.BASE_DENSE, Pictures.of(base, HeldOutPrompt::denseCaption, settings));
        arms.put(Arm.ELLA, Pictures.of(ella, HeldOutPrompt::denseCaption, settings));
        return arms;
    }

    @Override
    public void close() {
        ella.close();
        base.close();
        autoencoder.close();
    }
}
