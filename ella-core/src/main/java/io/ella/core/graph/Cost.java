package io.ella.core.graph;

/**
 * What the operations of one kind cost in one run of a graph.
 *
 * @param operation the kind: the name of the {@link Op}, such as {@code Conv2d}
 * @param count how many there are
 * @param flops multiplications and additions, counted apart
 * @param bytes what moves if every operand is read from memory once and every result written once;
 *     fused operations move less
 */
public record Cost(String operation, long count, long flops, long bytes) {

    Cost plus(Cost other) {
        return new Cost(operation, count + other.count, flops + other.flops, bytes + other.bytes);
    }

    /**
     * {@return the cost of several runs}
     *
     * @param runs how many
     */
    public Cost times(long runs) {
        return new Cost(operation, runs * count, runs * flops, runs * bytes);
    }
}
