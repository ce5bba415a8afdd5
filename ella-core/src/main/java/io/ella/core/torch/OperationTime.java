package io.ella.core.torch;

/**
 * What one kind of operation took, all its calls together.
 *
 * @param name as libtorch calls it, such as {@code aten::silu}
 * @param isAttention whether it computed attention, of which only a lowering knows that splits that
 *     into other operations
 * @param calls how often it ran
 * @param seconds in the operation itself, without the operations that it calls
 */
public record OperationTime(String name, boolean isAttention, int calls, double seconds) {}
