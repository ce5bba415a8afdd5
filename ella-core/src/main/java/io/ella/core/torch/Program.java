package io.ella.core.torch;

import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import io.ella.core.EllaException;
import io.ella.core.graph.Graph;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.WeightSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A graph compiled for a device and a precision.
 *
 * <p>Inputs and outputs that are floating point are 32-bit, whatever the program computes in. On
 * the CPU several threads may run one program at once; on a GPU one thread at a time may use the
 * device.
 */
public final class Program implements AutoCloseable {
    private final Torch torch;
    private final Graph graph;
    private final Precision precision;
    private final Map<String, Packing> packing;
    private final PtSymbolBlock block;

    Program(
            Torch torch,
            Graph graph,
            Precision precision,
            Map<String, Packing> packing,
            PtSymbolBlock block) {
        this.torch = torch;
        this.graph = graph;
        this.precision = precision;
        this.packing = packing;
        this.block = block;
    }

    /** {@return what was compiled} */
    public Graph graph() {
        return graph;
    }

    /** {@return in what it computes; never {@link Precision#AUTO}} */
    public Precision precision() {
        return precision;
    }

    /**
     * Loads the parameters that the graph declares, laid out as the program wants them. Programs of
     * one precision that use the same parameters in the same way may share them. Nothing is read
     * before every declaration has been matched.
     *
     * @param source where they are; it may be closed afterwards
     * @return the parameters, which the caller closes
     * @throws EllaException if the source does not hold what is declared, or memory runs out
     */
    public Weights load(WeightSource source) {
        return torch.load(graph.parameters(), source, precision, packing);
    }

    /**
     * Runs the program.
     *
     * @param weights the parameters that its graph declares, {@linkplain #load loaded} for it or
     *     for one like it
     * @param inputs in the order of the graph's inputs; they stay the caller's
     * @return the results, which the caller closes
     * @throws EllaException if an input does not fit the graph, or memory runs out
     */
    public Outputs run(Weights weights, Tensor... inputs) {
        Bindings.of(graph, List.of(inputs));
        if (!isFor(weights)) {
            throw new EllaException(
                    this + " was given weights of another program; load them with Program.load");
        }
        List<IValue> arguments = new ArrayList<>();
        try {
            for (Tensor input : inputs) {
                arguments.add(IValue.from(input.array()));
            }
            List<IValue> all = new ArrayList<>(List.of(weights.dictionary()));
            all.addAll(arguments);
            // The optimizing executor spends its first two calls on rewriting what is lowered
            // already, for each size anew.
            JniUtils.setGraphExecutorOptimize(false);
            try (IValue result = block.forward(all.toArray(new IValue[0]))) {
                List<Tensor> tensors = new ArrayList<>();
                for (PtNDArray array : result.toTensorArray(torch.manager())) {
                    tensors.add(new Tensor(torch, array, Tensor.type(array)));
                }
                return new Outputs(tensors);
            }
        } catch (EngineException e) {
            throw torch.failure(graph.name() + " with " + List.of(inputs), e);
        } finally {
            JniUtils.setGraphExecutorOptimize(true);
            arguments.forEach(IValue::close);
        }
    }

    /** Whether every parameter is kept in the layout that the code expects. */
    private boolean isFor(Weights weights) {
        return weights.packing().equals(packing)
                || graph.parameters().stream()
                        .map(ParameterSpec::name)
                        .allMatch(p -> Objects.equals(weights.packing().get(p), packing.get(p)));
    }

    /** Frees the compiled code. */
    @Override
    public void close() {
        block.close();
    }

    @Override
    public String toString() {
        return graph.name() + " (" + precision + ", " + torch.device() + ")";
    }
}
