package io.ella.core.graph;

/** What the elements of a {@link Value} are. */
public enum ElementType {
    /** Floating point in the precision that the graph is lowered for. */
    COMPUTE,
    /** 32-bit floating point, whatever the graph is lowered for. */
    FLOAT32,
    /** 64-bit integers: token ids, positions. */
    INT64,
    /** Truth values: attention masks. */
    BOOL
}
