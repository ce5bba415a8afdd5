package io.ella.core.graph;

import java.util.Arrays;
import java.util.List;

/**
 * A place in the tree of parameter names, such as {@code mid_block.resnets.0}.
 *
 * <p>Nothing is declared by making one: the operation that is given it declares what it needs
 * ({@code .weight}, {@code .bias}).
 */
public final class Params {
    private final Recorder recorder;
    private final String path;

    Params(Recorder recorder, String path) {
        this.recorder = recorder;
        this.path = path;
    }

    /**
     * {@return the place below this one}
     *
     * @param name one or more segments, dot-separated
     */
    public Params at(String name) {
        return new Params(recorder, path.isEmpty() ? name : path + "." + name);
    }

    /**
     * {@return the place of one element of a list below this one}
     *
     * @param name the list
     * @param index which element, from 0
     */
    public Params at(String name, int index) {
        return at(name + "." + index);
    }

    /**
     * Declares one parameter; asking again for the same one gives the same value.
     *
     * @param name the last segment, such as {@code weight}
     * @param shape its sizes
     * @return the parameter, of type {@link ElementType#COMPUTE}
     */
    public Value tensor(String name, long... shape) {
        return recorder.parameter(ParameterSpec.of(at(name).path, shape));
    }

    /**
     * Declares one parameter that stays in 32 bits whatever the target; asking again for the same
     * one gives the same value.
     *
     * @param name the last segment, such as {@code weight}
     * @param shape its sizes
     * @return the parameter, of type {@link ElementType#FLOAT32}
     */
    public Value tensorFloat32(String name, long... shape) {
        List<Long> sizes = Arrays.stream(shape).boxed().toList();
        return recorder.parameter(new ParameterSpec(at(name).path, sizes, ElementType.FLOAT32));
    }

    /** {@return the full dotted name} */
    @Override
    public String toString() {
        return path;
    }
}
