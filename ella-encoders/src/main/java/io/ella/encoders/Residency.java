package io.ella.encoders;

/** Whether the weights of a text encoder stay in memory. The results are the same. */
public enum Residency {
    /** All of them, from loading to closing: fast. */
    RESIDENT,
    /**
     * One layer at a time, read anew at each call: T5-XL then needs the memory of one of its 24
     * layers, and the time that reading takes.
     */
    STREAMED
}
