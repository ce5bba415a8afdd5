package io.ella.tsc;

import io.ella.core.EllaException;
import io.ella.core.torch.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The queries of one prompt for the timesteps of a schedule: what the U-Net attends to.
 *
 * <p>Thread-safe. The tensors stay valid until this is closed, whatever the connector's cache does
 * in the meantime; closing twice does no harm.
 */
public final class Queries implements AutoCloseable {
    private final QueryCache cache;
    private final List<Double> timesteps;
    private final Map<Double, QueryCache.Lease> leases;
    private boolean open = true;

    Queries(QueryCache cache, Set<Double> timesteps, Map<Double, QueryCache.Lease> leases) {
        this.cache = cache;
        this.timesteps = List.copyOf(timesteps);
        this.leases = Map.copyOf(leases);
    }

    /** Releases every lease once: without time, all timesteps share one. */
    static void release(QueryCache cache, Map<Double, QueryCache.Lease> leases) {
        new HashSet<>(leases.values()).forEach(cache::release);
    }

    /** {@return the timesteps, each once, in the order in which they were asked for} */
    public List<Double> timesteps() {
        return timesteps;
    }

    /**
     * {@return the queries at one timestep: FLOAT32 [B, queries, width]; they stay owned by this}
     *
     * @param timestep exactly one of {@link #timesteps}
     * @throws EllaException if it is none of them, or this is closed
     */
    public synchronized Tensor at(double timestep) {
        if (!open) {
            throw new EllaException("queries were used after they were closed");
        }
        QueryCache.Lease lease = leases.get(QueryCache.exact(timestep));
        if (lease == null) {
            throw new EllaException(
                    "there are no queries for timestep %s; they were asked for at %s"
                            .formatted(timestep, timesteps));
        }
        return lease.tensor();
    }

    /** Lets go of the tensors. */
    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            release(cache, leases);
        }
    }
}
