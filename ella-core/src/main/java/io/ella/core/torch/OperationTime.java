package io.ella.core.torch;

/**
 * What one kind of operation took, all its calls together.
 *
 * @param name as libtorch calls it, such as {@code aten::silu}
 * @param part what it was a part of
 * @param calls how often it ran
 * @param seconds in the operation itself, without the operations that it calls
 */
public record OperationTime(String name, Part part, int calls, double seconds) {

    /** An operation of a graph that the lowering splits into several of libtorch's, if any. */
    public enum Part {
        /** None: the operation stands for itself. */
        WHOLE,
        /** An attention. */
        ATTENTION,
        /** A convolution. */
        CONVOLUTION
    }
}
