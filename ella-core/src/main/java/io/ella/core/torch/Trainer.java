package io.ella.core.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.ella.core.EllaException;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.graph.Value;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A graph whose first output is made smaller: forward, backward and optimiser are TorchScript
 * programs that work on the same tensors, so that a step is two native calls.
 *
 * <p>The parameters that learn, their gradients, both moments of Adam and the moving average (EMA)
 * are 32-bit tensors; the computation may be in bf16 all the same. Everything is deterministic for
 * a given number of threads. Not thread-safe. To be closed before its {@link Torch} is.
 */
public final class Trainer implements AutoCloseable {
    /**
     * A copy that is no inference tensor: those neither learn nor serve the way back. Row-major:
     * the gradient of a group norm takes ten times as long channels-last.
     */
    private static final String COPY =
            """
              def forward(self: __torch__.Model, x: Tensor) -> List[Tensor]:
                c = torch.clone(x, memory_format=0)
                return [c]
            """;

    private static final String ZEROS =
            """
              def forward(self: __torch__.Model, x: Tensor) -> List[Tensor]:
                z = torch.zeros_like(x)
                return [z]
            """;

    /**
     * {@code s} holds what {@link #update} puts there. A norm that is not finite changes nothing.
     */
    private static final String UPDATE =
            """
              def forward(self: __torch__.Model, s: Tensor, p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], e: List[Tensor]) -> List[Tensor]:
                lr = torch.item(torch.select(s, 0, 0))
                step = torch.select(s, 0, 1)
                share = torch.item(torch.select(s, 0, 2))
                count = torch.item(torch.select(s, 0, 3))
                beta1 = float(torch.item(torch.select(s, 0, 4)))
                beta2 = float(torch.item(torch.select(s, 0, 5)))
                eps = float(torch.item(torch.select(s, 0, 6)))
                decay = float(torch.item(torch.select(s, 0, 7)))
                limit = torch.select(s, 0, 8)
                torch._foreach_div_(g, count)
                norm = torch.norm(torch.stack(torch._foreach_norm(g)))
                if bool(torch.isfinite(norm)):
                  clip = torch.clamp(torch.div(limit, torch.add(norm, 1e-6)), None, 1.)
                  torch._foreach_mul_(g, clip)
                  t = annotate(List[Tensor], [])
                  for i in range(torch.len(p)):
                    _0 = torch.append(t, step)
                  torch._fused_adamw_(p, g, m, v, annotate(List[Tensor], []), t, lr=float(lr), beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
                  torch._foreach_lerp_(e, p, share)
                else:
                  pass
                torch._foreach_zero_(g)
                return [norm]
            """;

    /** What stands before the names of the averaged weights in the file of {@link #save}. */
    public static final String AVERAGE_PREFIX = "ema.";

    private static final String STEPS = "steps";
    private static final List<Kind> KEPT =
            List.of(Kind.WEIGHT, Kind.AVERAGE, Kind.FIRST_MOMENT, Kind.SECOND_MOMENT);

    private final Torch torch;
    private final Graph graph;
    private final List<ParameterSpec> trained;
    private final PtSymbolBlock backward;
    private final PtSymbolBlock update;
    private final Map<Kind, List<PtNDArray>> state = new EnumMap<>(Kind.class);
    private final List<PtNDArray> frozen = new ArrayList<>();
    private long steps;
    private int accumulated;

    /** What is kept for each parameter that learns, in the order of the update's arguments. */
    private enum Kind {
        WEIGHT("p", "weight."),
        GRADIENT("g", "gradient."),
        FIRST_MOMENT("m", "first_moment."),
        SECOND_MOMENT("v", "second_moment."),
        AVERAGE("e", AVERAGE_PREFIX);

        final String argument;
        final String prefix;

        Kind(String argument, String prefix) {
            this.argument = argument;
            this.prefix = prefix;
        }
    }

    private Trainer(
            Torch torch,
            Graph graph,
            List<ParameterSpec> trained,
            PtSymbolBlock backward,
            PtSymbolBlock update) {
        this.torch = torch;
        this.graph = graph;
        this.trained = trained;
        this.backward = backward;
        this.update = update;
    }

    static Trainer of(
            Torch torch,
            Graph graph,
            Precision precision,
            Predicate<String> learns,
            WeightSource start) {
        List<Value> leaves =
                graph.values().stream()
                        .filter(
                                v ->
                                        v.op() instanceof Op.Parameter p
                                                && learns.test(p.spec().name()))
                        .toList();
        if (leaves.isEmpty()) {
            throw new EllaException(
                    graph.name() + ": none of its parameters learns; it has " + graph.parameters());
        }
        List<ParameterSpec> trained =
                leaves.stream().map(v -> ((Op.Parameter) v.op()).spec()).toList();
        List<ParameterSpec> fixed = new ArrayList<>(graph.parameters());
        fixed.removeAll(trained);

        String name = "training " + graph.name();
        PtSymbolBlock backward =
                torch.load(name, ScriptArchive.of(Lowering.backward(graph, precision, leaves)));
        PtSymbolBlock update = torch.load(name, ScriptArchive.of(UPDATE));
        Trainer trainer = new Trainer(torch, graph, trained, backward, update);
        boolean whole = false;
        try {
            trainer.load(start, fixed, precision);
            whole = true;
            return trainer;
        } finally {
            if (!whole) {
                trainer.close();
            }
        }
    }

    private void load(WeightSource start, List<ParameterSpec> fixed, Precision precision) {
        state.put(Kind.WEIGHT, own(trained, start, Precision.FP32));
        try (PtSymbolBlock zeros = torch.load("zeros", ScriptArchive.of(ZEROS));
                PtSymbolBlock copy = torch.load("copy", ScriptArchive.of(COPY))) {
            state.put(Kind.AVERAGE, each(copy, state(Kind.WEIGHT)));
            for (Kind kind : List.of(Kind.FIRST_MOMENT, Kind.SECOND_MOMENT, Kind.GRADIENT)) {
                state.put(kind, each(zeros, state(Kind.WEIGHT)));
            }
        }
        List<PtNDArray> others = own(fixed, start, precision);
        for (int i = 0; i < others.size(); i++) {
            frozen.add(others.get(i));
            others.get(i).setName("w." + fixed.get(i).name());
        }
    }

    private List<PtNDArray> own(
            List<ParameterSpec> specs, WeightSource source, Precision precision) {
        try (Weights loaded = torch.load(specs, source, precision, Map.of());
                PtSymbolBlock copy = torch.load("copy", ScriptArchive.of(COPY))) {
            return each(copy, loaded.arrays().values());
        }
    }

    private List<PtNDArray> each(PtSymbolBlock function, Collection<PtNDArray> arrays) {
        List<PtNDArray> results = new ArrayList<>();
        for (PtNDArray array : arrays) {
            array.setName("x");
            results.addAll(call(function, List.of(array)));
        }
        return results;
    }

    /** Runs a program with autograd, one operation after another as it stands in the source. */
    private List<PtNDArray> call(PtSymbolBlock program, List<PtNDArray> arguments) {
        NDList list = new NDList();
        list.addAll(arguments);
        // The optimising executor would split what is differentiated, and compile for each size.
        JniUtils.setGraphExecutorOptimize(false);
        JniUtils.setGradMode(true);
        try {
            return IValueUtils.forward(program, list, true).stream()
                    .map(PtNDArray.class::cast)
                    .toList();
        } catch (EngineException e) {
            throw torch.failure("training " + graph.name(), e);
        } finally {
            JniUtils.setGradMode(false);
            JniUtils.setGraphExecutorOptimize(true);
        }
    }

    private List<PtNDArray> state(Kind kind) {
        return state.getOrDefault(kind, List.of());
    }

    private List<PtNDArray> named(Kind kind) {
        List<PtNDArray> arrays = state(kind);
        arrays.forEach(array -> array.setName(kind.argument + "[]"));
        return arrays;
    }

    /** {@return what is computed} */
    public Graph graph() {
        return graph;
    }

    /** {@return the parameters that learn} */
    public List<ParameterSpec> trained() {
        return trained;
    }

    /** {@return how many updates there have been} */
    public long steps() {
        return steps;
    }

    /**
     * Runs the graph forward and backward and adds the gradients to those since the last update.
     *
     * @param inputs in the order of the graph's inputs; they stay the caller's
     * @return the outputs, of which the first is the loss
     * @throws EllaException if an input does not fit the graph, the loss is not finite, or memory
     *     runs out
     */
    public double[] accumulate(Tensor... inputs) {
        Bindings.of(graph, List.of(inputs));
        List<PtNDArray> arguments = new ArrayList<>(frozen);
        List<PtNDArray> weights = state(Kind.WEIGHT);
        for (int i = 0; i < weights.size(); i++) {
            weights.get(i).setName("w." + trained.get(i).name());
        }
        arguments.addAll(weights);
        arguments.addAll(named(Kind.GRADIENT));
        for (int i = 0; i < inputs.length; i++) {
            PtNDArray array = inputs[i].array();
            array.setName("input" + i);
            arguments.add(array);
        }
        double[] outputs = numbers(call(backward, arguments));
        if (!Double.isFinite(outputs[0])) {
            throw new EllaException(
                    "%s: the loss of step %d is %s. Lower the learning rate, or train in fp32"
                            .formatted(graph.name(), steps + 1, outputs[0]));
        }
        accumulated++;
        return outputs;
    }

    private static double[] numbers(List<PtNDArray> arrays) {
        double[] numbers = new double[arrays.size()];
        for (int i = 0; i < numbers.length; i++) {
            try (PtNDArray array = arrays.get(i)) {
                numbers[i] = array.toFloatArray()[0];
            }
        }
        return numbers;
    }

    /**
     * Takes one step of the optimiser with the mean of the accumulated gradients, moves the average
     * and forgets the gradients.
     *
     * @param adam how
     * @param learningRate its size, at least 0
     * @param averageDecay how much of the moving average stays, in [0, 1]
     * @return the norm of the gradients, before it was limited
     * @throws EllaException if nothing was accumulated, or the norm is not finite; the weights are
     *     then as before
     */
    public double update(AdamW adam, double learningRate, double averageDecay) {
        if (accumulated == 0) {
            throw new EllaException("an update of " + graph.name() + " without gradients");
        }
        float[] settings = {
            (float) learningRate,
            steps + 1,
            (float) (1 - averageDecay),
            accumulated,
            (float) adam.beta1(),
            (float) adam.beta2(),
            (float) adam.eps(),
            (float) adam.weightDecay(),
            (float) adam.maxNorm()
        };
        double norm;
        try (Tensor tensor = torch.tensor(settings, settings.length)) {
            tensor.array().setName("settings");
            List<PtNDArray> arguments = new ArrayList<>(List.of(tensor.array()));
            for (Kind kind : Kind.values()) {
                arguments.addAll(named(kind));
            }
            norm = numbers(call(update, arguments))[0];
        }
        accumulated = 0;
        if (!Double.isFinite(norm)) {
            throw new EllaException(
                    "%s: the gradients of step %d are not finite. Lower the learning rate, or train in fp32"
                            .formatted(graph.name(), steps + 1));
        }
        steps++;
        return norm;
    }

    /**
     * {@return the weights that learn, as they are now}
     *
     * @param average whether to take their moving average instead
     */
    public List<StoredTensor> weights(boolean average) {
        return stored(average ? Kind.AVERAGE : Kind.WEIGHT, "");
    }

    private List<StoredTensor> stored(Kind kind, String prefix) {
        List<StoredTensor> tensors = new ArrayList<>();
        for (int i = 0; i < trained.size(); i++) {
            ParameterSpec spec = trained.get(i);
            float[] values = state(kind).get(i).toFloatArray();
            long[] shape = spec.shape().stream().mapToLong(Long::longValue).toArray();
            tensors.add(StoredTensor.of(prefix + spec.name(), values, shape));
        }
        return tensors;
    }

    /**
     * Writes all that the next step depends on, between an update and what follows it: weights,
     * average, moments and the number of updates. The file appears when it is whole.
     *
     * @param file where to
     * @throws EllaException if gradients wait for an update, or the file cannot be written
     */
    public void save(Path file) {
        if (accumulated > 0) {
            throw new EllaException(
                    "%s has gradients of %d batches that wait for an update; save after it"
                            .formatted(graph.name(), accumulated));
        }
        List<StoredTensor> tensors = new ArrayList<>();
        for (Kind kind : KEPT) {
            tensors.addAll(stored(kind, kind.prefix));
        }
        Safetensors.write(file, Map.of(STEPS, Long.toString(steps)), tensors);
    }

    /**
     * Goes on from where {@link #save} was called.
     *
     * @param file what it wrote
     * @throws EllaException if the file is not that of such a trainer; this one is then of no use
     */
    public void restore(Path file) {
        try (Safetensors saved = Safetensors.open(file)) {
            List<ParameterSpec> all = new ArrayList<>();
            for (Kind kind : KEPT) {
                all.addAll(under(kind));
            }
            saved.check(all, name -> false);
            for (Kind kind : KEPT) {
                List<PtNDArray> old = state(kind);
                state.put(kind, own(under(kind), saved, Precision.FP32));
                old.forEach(PtNDArray::close);
            }
            steps = Long.parseLong(saved.metadata().getOrDefault(STEPS, "none"));
        } catch (NumberFormatException e) {
            throw new EllaException(
                    file + ": the number of steps is missing; is it a trainer's?", e);
        }
    }

    private List<ParameterSpec> under(Kind kind) {
        return trained.stream()
                .map(s -> new ParameterSpec(kind.prefix + s.name(), s.shape(), s.type()))
                .toList();
    }

    /** Frees the memory. */
    @Override
    public void close() {
        backward.close();
        update.close();
        state.values().forEach(arrays -> arrays.forEach(PtNDArray::close));
        state.clear();
        frozen.forEach(PtNDArray::close);
        frozen.clear();
    }
}
