package io.ella.core.graph;

import java.util.Arrays;
import java.util.List;

/**
 * A parameter that a recorded model expects: its name in the checkpoint and its exact shape.
 *
 * @param name the key of the state dict, such as {@code mid_block.resnets.0.conv1.weight}
 * @param shape the sizes, outermost first; empty for a scalar
 * @param type in what the model computes with it, however it is stored: {@link ElementType#COMPUTE}
 *     or {@link ElementType#FLOAT32}
 */
public record ParameterSpec(String name, List<Long> shape, ElementType type) {

    /** Copies the shape. */
    public ParameterSpec {
        shape = List.copyOf(shape);
    }

    /**
     * Makes the specification of a parameter in the precision of the target.
     *
     * @param name the key of the state dict
     * @param shape the sizes, outermost first
     */
    public ParameterSpec(String name, List<Long> shape) {
        this(name, shape, ElementType.COMPUTE);
    }

    /**
     * {@return the specification of a parameter in the precision of the target}
     *
     * @param name the key of the state dict
     * @param shape the sizes, outermost first
     */
    public static ParameterSpec of(String name, long... shape) {
        return new ParameterSpec(name, Arrays.stream(shape).boxed().toList());
    }

    /** {@return the number of elements} */
    public long elements() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
