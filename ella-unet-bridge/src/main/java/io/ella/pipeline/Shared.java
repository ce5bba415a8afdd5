package io.ella.pipeline;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A part that several pipelines may use, freed when the last of them has closed it. Used on the
 * device thread only, which they share too.
 *
 * @param <T> what it is
 */
final class Shared<T extends AutoCloseable> implements AutoCloseable {
    private final Object key;
    private final T part;
    private int users = 1;

    private Shared(Object key, T part) {
        this.key = key;
        this.part = part;
    }

    /**
     * {@return the part that is there, if it was made from the same; else a new one}
     *
     * @param there what another pipeline uses; null if there is no other
     * @param key what the part is made from
     * @param make makes it
     */
    static <T extends AutoCloseable> Shared<T> of(
            @Nullable Shared<T> there, Object key, Supplier<T> make) {
        if (there == null || !there.key.equals(key)) {
            return new Shared<>(key, make.get());
        }
        there.users++;
        return there;
    }

    T get() {
        return part;
    }

    @Override
    public void close() {
        users--;
        if (users == 0) {
            Resources last = new Resources();
            last.add(part);
            last.close();
        }
    }
}
