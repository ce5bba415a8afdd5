package io.ella.tsc;

import io.ella.core.EllaException;
import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Value;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Timestep-Aware Semantic Connector on a device: features of a text encoder to the queries that
 * take the place of CLIP's hidden states in the cross-attention of a U-Net (arXiv 2403.05135,
 * section 3.1).
 *
 * <p>All timesteps of a schedule are computed in one native call, or in as few as {@link
 * MemoryLimits} allows, and remembered by features and exact timestep: a second image of a prompt,
 * and the empty negative prompt of every prompt, cost nothing. The other {@link Connector}s of the
 * paper run here too; those without time are computed once for all timesteps.
 *
 * <p>Thread-safe; one call computes at a time. On a GPU the rule of {@link Torch} holds: one thread
 * at a time. Holds its weights and the remembered queries until closed.
 */
public final class TimestepAwareSemanticConnector implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TimestepAwareSemanticConnector.class);

    private final Torch torch;
    private final TscConfig config;
    private final MemoryLimits limits;
    private final Program program;
    private final Program pick;
    private final Weights weights;
    private final QueryCache cache;
    private final AtomicLong runs = new AtomicLong();
    private boolean open = true;

    private TimestepAwareSemanticConnector(
            Torch torch, TscConfig config, MemoryLimits limits, Program program, Weights weights) {
        this.torch = torch;
        this.config = config;
        this.limits = limits;
        this.program = program;
        this.weights = weights;
        this.pick = torch.compile(pickGraph(), Precision.FP32);
        this.cache = new QueryCache(limits.cacheBytes());
    }

    /**
     * Loads a checkpoint.
     *
     * @param torch the device
     * @param checkpoint a {@code .safetensors} file or a folder that holds one; see {@link
     *     TscConfig#of(Path)} for what is read off it
     * @param precision in what to compute; {@link Precision#AUTO} is fp32 on the CPU, fp16 on CUDA
     * @return the connector, which the caller closes
     * @throws EllaException if there is no checkpoint of a connector, or memory runs out
     */
    public static TimestepAwareSemanticConnector load(
            Torch torch, Path checkpoint, Precision precision) {
        TscConfig config = TscConfig.of(checkpoint);
        try (WeightSource source = TscConfig.weights(checkpoint)) {
            return load(torch, config, source, precision);
        }
    }

    /**
     * Loads a connector with the default memory limits.
     *
     * @param torch the device
     * @param config which connector
     * @param source its weights, nothing more and nothing less; it may be closed afterwards
     * @param precision in what to compute; {@link Precision#AUTO} is fp32 on the CPU, fp16 on CUDA
     * @return the connector, which the caller closes
     * @throws EllaException if the source is not that of such a connector, or memory runs out
     */
    public static TimestepAwareSemanticConnector load(
            Torch torch, TscConfig config, WeightSource source, Precision precision) {
        return load(torch, config, source, precision, MemoryLimits.DEFAULT);
    }

    /**
     * Loads a connector.
     *
     * @param torch the device
     * @param config which connector
     * @param source its weights, nothing more and nothing less; it may be closed afterwards
     * @param precision in what to compute; {@link Precision#AUTO} is fp32 on the CPU, fp16 on CUDA
     * @param limits of the memory that it uses beside its weights
     * @return the connector, which the caller closes
     * @throws EllaException if the source is not that of such a connector, or memory runs out
     */
    public static TimestepAwareSemanticConnector load(
            Torch torch,
            TscConfig config,
            WeightSource source,
            Precision precision,
            MemoryLimits limits) {
        Graph graph = config.graph();
        source.check(graph.parameters(), name -> false);
        Precision used = precision;
        if (precision == Precision.AUTO) {
            used = torch.device().isCuda() ? Precision.FP16 : Precision.FP32;
        }
        Program program = torch.compile(graph, used);
        try {
            Weights weights = program.load(source);
            LOG.info(
                    "{} connector, {} weights, {} on {}, from {}",
                    config.connector(),
                    graph.parameterCount(),
                    used,
                    torch.device(),
                    source.description());
            return new TimestepAwareSemanticConnector(torch, config, limits, program, weights);
        } catch (RuntimeException | Error e) {
            program.close();
            throw e;
        }
    }

    /** One timestep of many, as a tensor of its own that can be freed on its own. */
    private static Graph pickGraph() {
        Dim t = Dim.symbol("T");
        Dim b = Dim.symbol("B");
        Dim n = Dim.symbol("N");
        Dim w = Dim.symbol("W");
        return Graph.record(
                "queries of one timestep",
                g -> {
                    Value index = g.input("index", ElementType.INT64, Dim.of(1));
                    Value all = g.input("queries", ElementType.FLOAT32, t, b, n, w);
                    Value rows = all.reshape(t, b.times(n).times(w));
                    g.output("one", index.embedding(rows).reshape(b, n, w));
                });
    }

    /** {@return which connector it is} */
    public TscConfig config() {
        return config;
    }

    /** {@return in what it computes; never {@link Precision#AUTO}} */
    public Precision precision() {
        return program.precision();
    }

    /** {@return the number of its weights} */
    public long parameterCount() {
        return program.graph().parameterCount();
    }

    /** {@return what it has computed and remembered} */
    public CacheStatistics statistics() {
        return cache.statistics(runs.get());
    }

    /**
     * Queries for the timesteps of a schedule. What is not remembered is computed; a timestep that
     * comes twice counts once.
     *
     * @param key names the features: equal keys promise equal features, so it holds whatever these
     *     depend on (the prompt's token ids and the text encoder, say); it must not change
     * @param features of a text encoder, FLOAT32 [B, L, inputDim]; they stay the caller's
     * @param timesteps exactly as the U-Net is given them, in any order
     * @return the queries, which the caller closes
     * @throws EllaException if the features are not of that shape, there is no timestep or one that
     *     is not finite, the result is not finite, memory runs out, or this is closed
     */
    public synchronized Queries queries(Object key, Tensor features, double... timesteps) {
        if (!open) {
            throw new EllaException("the connector was used after it was closed");
        }
        QueryCache.Key any = new QueryCache.Key(key, requireFeatures(features), null);
        Set<Double> distinct = requireTimesteps(timesteps);
        Map<Double, QueryCache.Lease> leases = new HashMap<>();
        boolean whole = false;
        try {
            if (config.connector().isTimeAware()) {
                timeAware(any, features, distinct, leases);
            } else {
                timeless(any, features, distinct, leases);
            }
            whole = true;
            return new Queries(cache, distinct, leases);
        } finally {
            if (!whole) {
                Queries.release(cache, leases);
            }
        }
    }

    private List<Long> requireFeatures(Tensor features) {
        List<Long> shape = Arrays.stream(features.shape()).boxed().toList();
        if (features.type() != ElementType.FLOAT32
                || shape.size() != 3
                || shape.contains(0L)
                || shape.get(2) != config.inputDim()) {
            throw new EllaException(
                    "the features are %s, the connector takes FLOAT32 [batch, tokens, %d]. Use the text encoder that it was trained with"
                            .formatted(features, config.inputDim()));
        }
        return shape;
    }

    private static Set<Double> requireTimesteps(double[] timesteps) {
        Set<Double> distinct = new LinkedHashSet<>();
        for (double t : timesteps) {
            if (!Float.isFinite((float) t)) {
                throw new EllaException(
                        "a timestep is %s of %s; all must be finite numbers"
                                .formatted(t, Arrays.toString(timesteps)));
            }
            distinct.add(QueryCache.exact(t));
        }
        if (distinct.isEmpty()) {
            throw new EllaException("queries were asked for at no timestep; give at least one");
        }
        return distinct;
    }

    private void timeless(
            QueryCache.Key key,
            Tensor features,
            Set<Double> distinct,
            Map<Double, QueryCache.Lease> leases) {
        QueryCache.Lease known = cache.find(key);
        QueryCache.Lease lease = known == null ? cache.add(key, once(features)) : known;
        distinct.forEach(t -> leases.put(t, lease));
    }

    private Tensor once(Tensor features) {
        Tensor queries = run(features).get(0); // the cache will own it
        try {
            requireFinite(queries, 1);
            return queries;
        } catch (EllaException e) {
            queries.close();
            throw e;
        }
    }

    private void timeAware(
            QueryCache.Key any,
            Tensor features,
            Set<Double> distinct,
            Map<Double, QueryCache.Lease> leases) {
        List<Double> missing = new ArrayList<>();
        for (Double t : distinct) {
            QueryCache.Lease known = cache.find(any.at(t));
            if (known == null) {
                missing.add(t);
            } else {
                leases.put(t, known);
            }
        }
        int most = timestepsPerCall(features.shape());
        for (int from = 0; from < missing.size(); from += most) {
            int to = Math.min(from + most, missing.size());
            batch(any, features, missing.subList(from, to), leases);
        }
    }

    private int timestepsPerCall(long[] shape) {
        int elementBytes = precision() == Precision.FP32 ? Float.BYTES : Short.BYTES;
        long each = ConnectorModel.bytesPerTimestep(config, shape[0], shape[1], elementBytes);
        return (int) Math.max(1, Math.min(limits.callBytes() / each, Integer.MAX_VALUE));
    }

    private void batch(
            QueryCache.Key any,
            Tensor features,
            List<Double> timesteps,
            Map<Double, QueryCache.Lease> leases) {
        int count = timesteps.size();
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = timesteps.get(i).floatValue();
        }
        try (Tensor input = torch.tensor(values, count);
                Outputs outputs = run(features, input)) {
            Tensor all = outputs.get(0);
            requireFinite(all, count);
            for (int i = 0; i < count; i++) {
                Double t = timesteps.get(i);
                leases.put(t, cache.add(any.at(t), pick(all, i)));
            }
        }
    }

    private Outputs run(Tensor... inputs) {
        runs.incrementAndGet();
        return program.run(weights, inputs);
    }

    private Tensor pick(Tensor all, int timestep) {
        try (Tensor index = torch.tensor(new long[] {timestep}, 1)) {
            return pick.run(weights, index, all).get(0); // the cache will own it
        }
    }

    private void requireFinite(Tensor queries, int timesteps) {
        float[] values = queries.floats();
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new EllaException(
                        "the queries of %s are not finite (element %d of %d, %d timesteps). Check the features and the checkpoint; in fp16, try fp32"
                                .formatted(program, i, values.length, timesteps));
            }
        }
    }

    /** Waits for the call in flight, then frees everything but queries that are still in use. */
    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            cache.clear();
            pick.close();
            program.close();
            weights.close();
        }
    }
}
