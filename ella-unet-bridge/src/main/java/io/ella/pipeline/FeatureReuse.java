package io.ella.pipeline;

import io.ella.core.torch.Outputs;
import io.ella.core.torch.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The deep features of one run, by what they were computed for. Used on the device thread only. */
final class FeatureReuse implements AutoCloseable {
    private final int interval;
    private final Map<String, Outputs> kept = new HashMap<>();

    /**
     * @param interval after how many steps all are computed anew; 1 keeps nothing
     */
    FeatureReuse(int interval) {
        this.interval = interval;
    }

    boolean isOff() {
        return interval == 1;
    }

    void step(int index) {
        if (index % interval == 0) {
            close();
        }
    }

    Optional<Tensor> of(String what) {
        return Optional.ofNullable(kept.get(what)).map(outputs -> outputs.get(1));
    }

    /** Takes over what the U-Net gave: its answer, and the deep features. */
    void keep(String what, Outputs outputs) {
        kept.put(what, outputs);
    }

    @Override
    public void close() {
        kept.values().forEach(Outputs::close);
        kept.clear();
    }
}
