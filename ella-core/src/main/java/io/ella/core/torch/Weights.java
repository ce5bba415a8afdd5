package io.ella.core.torch;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.Map;

/**
 * The parameters of a model in native memory, ready to be given to its programs.
 *
 * <p>Immutable and safe for concurrent use; holds its memory until closed.
 */
public final class Weights implements AutoCloseable {
    /** Kept as long as the dictionary: arrays may alias a mapped file, which they keep mapped. */
    private final Map<String, PtNDArray> arrays;

    private final IValue dictionary;
    private final Map<String, Packing> packing;
    private final long bytes;
    private boolean open = true;

    Weights(Map<String, PtNDArray> arrays, Map<String, Packing> packing, long bytes) {
        this.arrays = arrays;
        this.packing = packing;
        this.bytes = bytes;
        this.dictionary = IValue.stringMapFrom(arrays);
    }

    /** {@return the memory that the parameters take, mapped files included} */
    public long bytes() {
        return bytes;
    }

    Map<String, PtNDArray> arrays() {
        return arrays;
    }

    /** How those are kept that are not as libtorch has them. */
    Map<String, Packing> packing() {
        return packing;
    }

    IValue dictionary() {
        return dictionary;
    }

    /** Frees the memory. */
    @Override
    public void close() {
        if (open) {
            open = false;
            dictionary.close();
            arrays.values().forEach(PtNDArray::close);
        }
    }
}
