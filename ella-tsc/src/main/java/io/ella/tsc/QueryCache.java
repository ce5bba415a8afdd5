package io.ella.tsc;

import io.ella.core.torch.Tensor;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Queries by what they were computed from, the least recently used given up first. Thread-safe.
 *
 * <p>A tensor is freed once it is neither cached nor leased.
 */
final class QueryCache {

    /**
     * What queries are computed from.
     *
     * @param features the caller's name for the features
     * @param shape of the features
     * @param timestep exactly; null where it does not matter
     */
    record Key(Object features, List<Long> shape, @Nullable Double timestep) {
        Key at(Double exact) {
            return new Key(features, shape, exact);
        }
    }

    /** {@return the timestep as a key: zero has one sign} */
    static Double exact(double timestep) {
        return timestep + 0.0;
    }

    /** A tensor in use. */
    static final class Lease {
        private final Tensor tensor;
        private final long bytes;
        private int users = 1;
        private boolean cached = true;

        private Lease(Tensor tensor) {
            this.tensor = tensor;
            this.bytes = tensor.elements() * Float.BYTES;
        }

        Tensor tensor() {
            return tensor;
        }
    }

    private final long limit;
    private final Map<Key, Lease> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;
    private long hits;
    private long misses;

    QueryCache(long limit) {
        this.limit = limit;
    }

    /** {@return the tensor, to be released; null if it is not here} */
    synchronized @Nullable Lease find(Key key) {
        Lease lease = entries.get(key);
        if (lease == null) {
            misses++;
            return null;
        }
        hits++;
        lease.users++;
        return lease;
    }

    /** {@return the tensor, owned by the cache from now on and to be released} */
    synchronized Lease add(Key key, Tensor tensor) {
        Lease lease = new Lease(tensor);
        Lease replaced = entries.put(key, lease);
        bytes += lease.bytes;
        if (replaced != null) {
            drop(replaced);
        }
        trim(limit);
        return lease;
    }

    synchronized void release(Lease lease) {
        lease.users--;
        free(lease);
    }

    /** Gives up everything; what is leased is freed when it is released. */
    synchronized void clear() {
        trim(-1);
    }

    synchronized CacheStatistics statistics(long runs) {
        return new CacheStatistics(runs, hits, misses, entries.size(), bytes);
    }

    private void trim(long most) {
        Iterator<Lease> eldest = entries.values().iterator();
        while (bytes > most && eldest.hasNext()) {
            Lease lease = eldest.next();
            eldest.remove();
            drop(lease);
        }
    }

    private void drop(Lease lease) {
        bytes -= lease.bytes;
        lease.cached = false;
        free(lease);
    }

    private static void free(Lease lease) {
        if (!lease.cached && lease.users == 0) {
            lease.tensor.close();
        }
    }
}
