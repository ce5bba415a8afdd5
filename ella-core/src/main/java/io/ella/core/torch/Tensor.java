package io.ella.core.torch;

import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import io.ella.core.EllaException;
import io.ella.core.graph.ElementType;
import java.util.Arrays;

/**
 * An array in native memory, on the device of its {@link Torch}.
 *
 * <p>Holds its memory until closed; closing twice does no harm. Immutable apart from that; not to
 * be closed by one thread while another uses it.
 */
public final class Tensor implements AutoCloseable {
    private final Torch torch;
    private final PtNDArray array;
    private final ElementType type;
    private final long[] shape;
    private boolean open = true;

    Tensor(Torch torch, PtNDArray array, ElementType type) {
        this.torch = torch;
        this.array = array;
        this.type = type;
        this.shape = array.getShape().getShape();
        torch.opened();
    }

    static ElementType type(PtNDArray array) {
        return switch (array.getDataType()) {
            case FLOAT32 -> ElementType.FLOAT32;
            case INT64 -> ElementType.INT64;
            case BOOLEAN -> ElementType.BOOL;
            default -> throw new IllegalStateException("no tensor of " + array.getDataType());
        };
    }

    /** {@return what its elements are} */
    public ElementType type() {
        return type;
    }

    /** {@return its sizes, outermost first} */
    public long[] shape() {
        return shape.clone();
    }

    /** {@return the number of elements} */
    public long elements() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** {@return a copy of its elements, row-major; it must be {@link ElementType#FLOAT32}} */
    public float[] floats() {
        PtNDArray array = array();
        if (array.getDataType() != DataType.FLOAT32) {
            throw new EllaException("floats were asked of a tensor of " + type);
        }
        return array.toFloatArray();
    }

    PtNDArray array() {
        if (!open) {
            throw new EllaException(
                    "a tensor " + Arrays.toString(shape) + " was used after it was closed");
        }
        return array;
    }

    /** Frees the memory. */
    @Override
    public void close() {
        if (open) {
            open = false;
            array.close();
            torch.closed();
        }
    }

    @Override
    public String toString() {
        return type + " " + Arrays.toString(shape) + (open ? "" : " (closed)");
    }
}
