package io.ella.core.weights;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Where the parameters of a model come from.
 *
 * <p>Sources are immutable and safe for concurrent reads. Closing a source ends its use; tensors
 * that it has handed out stay valid for as long as they are referenced, because they hold the
 * mapped memory themselves.
 */
public interface WeightSource extends AutoCloseable {

    /** {@return what messages call this source, usually its path} */
    String description();

    /**
     * {@return the names of the stored parameters, in the order of their bytes; empty if the source
     * computes whatever it is asked for}
     */
    Set<String> names();

    /**
     * {@return the stored name and shape of a parameter, without reading it; empty if it is not
     * stored}
     *
     * @param name the name of the parameter
     */
    Optional<ParameterSpec> find(String name);

    /**
     * {@return a parameter}
     *
     * @param spec its name and the shape that the model expects
     * @throws EllaException if there is none of that name, or its shape differs
     */
    StoredTensor tensor(ParameterSpec spec);

    /**
     * {@return a parameter with whatever shape is stored}
     *
     * @param name the name of the parameter
     * @throws EllaException if there is none of that name
     */
    default StoredTensor tensor(String name) {
        return tensor(find(name).orElseThrow(() -> ParameterCheck.missing(this, name)));
    }

    /**
     * Compares the stored parameters with those that a model declares, before any is read.
     *
     * @param declared the parameters that the model expects
     * @param ignorable whether a stored parameter may be left unused, by its name
     * @throws EllaException if parameters are missing, have other shapes, or are stored but neither
     *     declared nor ignorable; one message names them all (the first of each kind, and how many)
     */
    default void check(Collection<ParameterSpec> declared, Predicate<String> ignorable) {
        ParameterCheck.check(this, declared, ignorable);
    }

    /**
     * {@return a view of this source under other names, with the tensors sliced or reshaped where
     * the mappings say so}
     *
     * <p>It holds what the map holds, in the map's order; what is not mapped is dropped. A target
     * whose stored tensor is absent counts as missing. Closing the view closes this source.
     *
     * @param mappings how to make each target from what is stored, by the name of the target
     */
    default WeightSource mapped(Map<String, Mapping> mappings) {
        return new MappedSource(this, mappings);
    }

    /**
     * {@return a view of this source that is asked by other names; its own {@link #names()} stay}
     *
     * <p>Closing the view closes this source.
     *
     * @param stored the stored name of each name that is asked for
     */
    default WeightSource renamed(UnaryOperator<String> stored) {
        return new RenamedSource(this, stored);
    }

    /**
     * {@return several models as one source, the parameters of each below a name of its own}
     *
     * <p>Closing it closes them all.
     *
     * @param parts the sources by the name that stands before the first dot
     */
    static WeightSource joined(Map<String, WeightSource> parts) {
        return new JoinedSource(parts);
    }

    /** Ends the use of this source. Tensors taken from it stay valid. */
    @Override
    void close();
}
