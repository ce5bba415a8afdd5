package io.ella.train.connector;

import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.DType;
import io.ella.core.weights.StoredTensor;
import io.ella.encoders.Residency;
import io.ella.encoders.TextEncoder;
import io.ella.encoders.TokenIds;
import io.ella.encoders.TokenLength;
import io.ella.encoders.Tokenizer;
import io.ella.pipeline.DiffusionCheckpoint;
import io.ella.pipeline.PooledText;
import io.ella.train.TrainingProgress;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.VaeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/** Sees to it that the frozen networks' features of a data set are in the cache. */
final class Features {
    /** Captions at once: the weights of a large language model are read anew for each batch. */
    private static final int CAPTIONS = 16;

    /** What a change of the way images are prepared has to change. */
    private static final String PREPARATION = "lanczos, centre crop";

    private final Torch torch;
    private final FeatureCache cache;
    private final BooleanSupplier cancelled;
    private final Consumer<TrainingProgress> listener;

    Features(
            Torch torch,
            FeatureCache cache,
            BooleanSupplier cancelled,
            Consumer<TrainingProgress> listener) {
        this.torch = torch;
        this.cache = cache;
        this.cancelled = cancelled;
        this.listener = listener;
    }

    /**
     * Encodes images: mean and logarithm of the variance, [2·latentChannels, H, W], in 32 bits.
     *
     * @param model the checkpoint's path
     * @return their keys in the cache; fewer if cancelled
     */
    List<String> latents(
            List<CaptionedImage> images, DiffusionCheckpoint checkpoint, Path model, int size) {
        VaeConfig config = checkpoint.vaeConfig();
        Path vae = model.resolve("vae");
        String print = Fingerprint.of(Files.isDirectory(vae) ? vae : model);
        List<String> keys = new ArrayList<>();
        Phase phase = new Phase("images", images.size());
        try (Program program = torch.compile(AutoencoderKL.encoder(config), Precision.FP32);
                Weights weights = program.load(checkpoint.vae())) {
            for (CaptionedImage image : images) {
                if (cancelled.getAsBoolean()) {
                    break;
                }
                byte[] file = image.read();
                String key = Fingerprint.of("latent", print, PREPARATION, size, file);
                if (!cache.has(key)) {
                    float[] square = Cropping.square(image.decode(file), size);
                    try (Tensor input = torch.tensor(square, 1, 3, size, size);
                            Outputs outputs = program.run(weights, input)) {
                        float[] mean = outputs.get(0).floats();
                        float[] moments = Arrays.copyOf(mean, 2 * mean.length);
                        float[] logvar = outputs.get(1).floats();
                        System.arraycopy(logvar, 0, moments, mean.length, mean.length);
                        int side = size / config.scale();
                        int channels = 2 * config.latentChannels();
                        cache.write(key, StoredTensor.of("moments", moments, channels, side, side));
                    }
                }
                keys.add(key);
                phase.done(1);
            }
        }
        return keys;
    }

    /**
     * Encodes captions: last hidden states, [maxLength, width], in 16 bits as the authors' text
     * encoder gave them.
     *
     * @param folder of the language model
     * @return their keys in the cache; fewer if cancelled
     */
    List<String> texts(List<String> captions, Path folder, int maxLength) {
        String print = Fingerprint.of(folder);
        Map<String, String> missing = new LinkedHashMap<>();
        List<String> keys = new ArrayList<>();
        for (String caption : captions) {
            String key = Fingerprint.of("text", print, maxLength, caption);
            keys.add(key);
            if (!cache.has(key)) {
                missing.put(key, caption);
            }
        }
        if (missing.isEmpty()) {
            return keys;
        }
        List<Map.Entry<String, String>> open = new ArrayList<>(missing.entrySet());
        Phase phase = new Phase("captions", open.size());
        try (Tokenizer tokenizer = Tokenizer.open(folder);
                TextEncoder encoder =
                        TextEncoder.open(folder, torch, Precision.AUTO, Residency.STREAMED)) {
            for (int from = 0; from < open.size(); from += CAPTIONS) {
                if (cancelled.getAsBoolean()) {
                    return List.of();
                }
                List<Map.Entry<String, String>> some =
                        open.subList(from, Math.min(open.size(), from + CAPTIONS));
                encode(some, tokenizer, encoder, maxLength);
                phase.done(some.size());
            }
        }
        return keys;
    }

    /**
     * Encodes captions for SDXL's U-Net: the pooled embedding, [width], in 32 bits.
     *
     * @param model the checkpoint's path
     * @return their keys in the cache, and last that of what stands for no caption; fewer if
     *     cancelled
     */
    List<String> pooled(List<String> captions, DiffusionCheckpoint checkpoint, Path model) {
        Path encoder = model.resolve("text_encoder_2");
        String print = Fingerprint.of(Files.isDirectory(encoder) ? encoder : model);
        List<String> keys = new ArrayList<>();
        Map<String, Function<PooledText, Tensor>> missing = new LinkedHashMap<>();
        for (String caption : captions) {
            String key = Fingerprint.of("pooled", print, caption);
            keys.add(key);
            missing.put(key, text -> text.of(caption));
        }
        String none = Fingerprint.of("no caption", print);
        keys.add(none);
        missing.put(none, PooledText::unconditional);
        missing.keySet().removeIf(cache::has);
        if (missing.isEmpty()) {
            return keys;
        }
        Phase phase = new Phase("pooled captions", missing.size());
        try (PooledText text = checkpoint.pooledText(torch, Precision.FP32)) {
            for (Map.Entry<String, Function<PooledText, Tensor>> entry : missing.entrySet()) {
                if (cancelled.getAsBoolean()) {
                    return List.of();
                }
                try (Tensor tensor = entry.getValue().apply(text)) {
                    float[] values = tensor.floats();
                    cache.write(entry.getKey(), StoredTensor.of("pooled", values, values.length));
                }
                phase.done(1);
            }
        }
        return keys;
    }

    private void encode(
            List<Map.Entry<String, String>> some,
            Tokenizer tokenizer,
            TextEncoder encoder,
            int maxLength) {
        List<TokenIds> tokens =
                some.stream()
                        .map(e -> tokenizer.encode(e.getValue(), TokenLength.fixed(maxLength)))
                        .toList();
        long[][] ids = tokens.stream().map(TokenIds::ids).toArray(long[][]::new);
        long[][] mask = tokens.stream().map(TokenIds::attentionMask).toArray(long[][]::new);
        float[] all;
        try (Tensor features = encoder.encode(ids, mask)) {
            all = features.floats();
        }
        int each = maxLength * encoder.width();
        for (int i = 0; i < some.size(); i++) {
            float[] one = Arrays.copyOfRange(all, i * each, (i + 1) * each);
            StoredTensor tensor = StoredTensor.of("features", one, maxLength, encoder.width());
            cache.write(some.get(i).getKey(), tensor.to(DType.F16));
        }
    }

    /** Tells how far one kind of work is. */
    private final class Phase {
        private final String name;
        private final int total;
        private final long began = System.nanoTime();
        private int done;

        Phase(String name, int total) {
            this.name = name;
            this.total = total;
        }

        void done(int more) {
            done += more;
            double seconds = (System.nanoTime() - began) * 1e-9 / done;
            listener.accept(new TrainingProgress(name, done, total, Double.NaN, seconds));
        }
    }
}
