package io.ella.samples.conformance;

import io.ella.core.conformance.ConformanceCase;
import io.ella.core.torch.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the cases of the U-Net have in common: its inputs by name, closed together. */
final class UNetCase implements AutoCloseable {
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Workbench workbench;

    UNetCase(ConformanceCase given, Workbench workbench) {
        this.workbench = workbench;
        float timestep = (float) given.args().number("timestep", Double.NaN);
        inputs.put("timestep", workbench.torch().tensor(new float[] {timestep}, 1));
        for (String name : List.of("sample", "context", "pooled", "time_ids", "image")) {
            if (given.tensors().find("in." + name).isPresent()) {
                inputs.put(name, workbench.tensor(given.in(name)));
            }
        }
    }

    Map<String, Tensor> inputs() {
        return inputs;
    }

    void add(String name, float[] values, long... shape) {
        inputs.put(name, workbench.torch().tensor(values, shape));
    }

    @Override
    public void close() {
        inputs.values().forEach(Tensor::close);
    }
}
