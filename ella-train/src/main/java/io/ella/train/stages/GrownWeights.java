package io.ella.train.stages;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.ComputedWeights;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The weights of a network that learned before it was given more layers. What these bring is fresh;
 * as their residual branches end in zeros, the network begins where it was.
 *
 * @param learned what there is; closed with this
 * @param fresh what begins the rest
 */
record GrownWeights(WeightSource learned, WeightSource fresh) implements ComputedWeights {
    private static final Logger LOG = LoggerFactory.getLogger(GrownWeights.class);

    /**
     * Says how many begin fresh, if any.
     *
     * @param declared the parameters of the network as it is now
     */
    static WeightSource of(
            WeightSource learned, WeightSource fresh, Collection<ParameterSpec> declared) {
        long absent = declared.stream().filter(p -> learned.find(p.name()).isEmpty()).count();
        if (absent > 0) {
            LOG.warn(
                    "{} of {} parameters are not in {}: they begin fresh",
                    absent,
                    declared.size(),
                    learned.description());
        }
        return new GrownWeights(learned, fresh);
    }

    @Override
    public String description() {
        return learned.description();
    }

    @Override
    public StoredTensor tensor(ParameterSpec spec) {
        return (learned.find(spec.name()).isPresent() ? learned : fresh).tensor(spec);
    }

    @Override
    public void close() {
        learned.close();
    }
}
