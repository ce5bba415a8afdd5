package io.ella.encoders;

import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An encoder that remembers the features of the batches it was asked for last.
 *
 * <p>It keeps copies in Java's memory (1 MiB for 128 tokens of T5-XL) and answers with new tensors,
 * so that nobody's closing affects anybody else. Thread-safe as far as the encoder is.
 */
public final class CachedTextEncoder implements TextEncoder {

    private final Torch torch;
    private final TextEncoder encoder;
    private final Map<String, float[]> cache;

    /**
     * Puts a cache before an encoder.
     *
     * @param torch where the encoder runs
     * @param encoder which; closed with this
     * @param entries how many batches to remember, at least 1
     */
    public CachedTextEncoder(Torch torch, TextEncoder encoder, int entries) {
        Sizes.positive("the number of entries of a cache", entries);
        this.torch = torch;
        this.encoder = encoder;
        this.cache =
                new LinkedHashMap<>(16, 0.75f, true) {
                    private static final long serialVersionUID = 1;

                    @Override
                    protected boolean removeEldestEntry(Map.Entry<String, float[]> eldest) {
                        return size() > entries;
                    }
                };
    }

    @Override
    public int width() {
        return encoder.width();
    }

    @Override
    public int maxLength() {
        return encoder.maxLength();
    }

    @Override
    public Precision precision() {
        return encoder.precision();
    }

    @Override
    public Tensor encode(long[][] ids, long[][] mask) {
        String key = Arrays.deepToString(ids) + Arrays.deepToString(mask);
        synchronized (cache) {
            float[] known = cache.get(key);
            if (known != null) {
                return torch.tensor(known, ids.length, ids[0].length, width());
            }
        }
        // Outside the lock: two callers may compute the same, but none waits for another.
        Tensor features = encoder.encode(ids, mask);
        synchronized (cache) {
            cache.put(key, features.floats());
        }
        return features;
    }

    /** {@return how many batches are remembered now} */
    int size() {
        synchronized (cache) {
            return cache.size();
        }
    }

    @Override
    public void close() {
        encoder.close();
        synchronized (cache) {
            cache.clear();
        }
    }
}
