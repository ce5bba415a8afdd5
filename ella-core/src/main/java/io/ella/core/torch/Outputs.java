package io.ella.core.torch;

import java.util.List;

/** What a program returned, in the order of its graph's outputs; closing it closes them all. */
public final class Outputs implements AutoCloseable {
    private final List<Tensor> tensors;

    Outputs(List<Tensor> tensors) {
        this.tensors = List.copyOf(tensors);
    }

    /**
     * {@return one output; it stays owned by this}
     *
     * @param index which, from 0
     */
    public Tensor get(int index) {
        return tensors.get(index);
    }

    @Override
    public void close() {
        tensors.forEach(Tensor::close);
    }
}
