package io.ella.unet;

import io.ella.core.graph.Dim;
import io.ella.core.graph.Graph;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import io.ella.core.torch.Device;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.DType;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Weights with a LoRA added to them.
 *
 * <p>libtorch multiplies the factors: the 200 products of a LoRA of rank 128 are 10¹¹ operations,
 * of which plain Java does some 10⁹ in a second.
 */
final class LoraSource implements WeightSource {
    private final WeightSource base;
    private final String lora;
    private final Map<String, LoraFactors> factors;
    private final Torch torch;
    private final Program program;
    private final Weights none;

    /**
     * Starts the view.
     *
     * @param lora what messages call the LoRA
     * @param factors by the name of the weight that they change
     */
    LoraSource(WeightSource base, String lora, Map<String, LoraFactors> factors) {
        this.base = base;
        this.lora = lora;
        this.factors = Map.copyOf(factors);
        this.torch = Torch.open(Device.CPU);
        this.program = torch.compile(Graph.record("LoRA", LoraSource::sum), Precision.FP32);
        this.none = program.load(base);
    }

    private static void sum(Recorder g) {
        Dim out = Dim.symbol("O");
        Dim in = Dim.symbol("I");
        Dim rank = Dim.symbol("R");
        Value weight = g.input("weight", out, in);
        Value up = g.input("up", out, rank);
        Value down = g.input("down", rank, in);
        g.output("sum", weight.add(up.linear(down.transpose(0, 1))));
    }

    @Override
    public String description() {
        return base.description() + " with " + lora;
    }

    @Override
    public Set<String> names() {
        return base.names();
    }

    @Override
    public Optional<ParameterSpec> find(String name) {
        return base.find(name);
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        StoredTensor stored = base.tensor(spec);
        LoraFactors change = factors.get(spec.name());
        return change == null || change.scale() == 0 ? stored : changed(stored, change);
    }

    private StoredTensor changed(StoredTensor stored, LoraFactors change) {
        long out = stored.shape().get(0);
        long in = stored.elements() / out;
        float[] up = change.up().floatArray();
        for (int i = 0; i < up.length; i++) {
            up[i] *= change.scale();
        }
        float[] sum;
        try (Tensor weight = torch.tensor(stored.floatArray(), out, in);
                Tensor left = torch.tensor(up, out, change.rank());
                Tensor right = torch.tensor(change.down().floatArray(), change.rank(), in);
                Outputs outputs = program.run(none, weight, left, right)) {
            sum = outputs.get(0).floats();
        }
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(sum.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(sum);
        return StoredTensor.of(stored.name(), DType.F32, stored.shape(), List.of(bytes));
    }

    @Override
    public void check(Collection<ParameterSpec> declared, Predicate<String> ignorable) {
        base.check(declared, ignorable);
    }

    @Override
    public void close() {
        none.close();
        program.close();
        torch.close();
        base.close();
    }
}
