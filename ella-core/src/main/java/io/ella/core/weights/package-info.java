/**
 * Parameters by name: where they are stored, or how they are computed.
 *
 * <p>Start at {@link io.ella.core.weights.Checkpoint#open}, which turns a folder or a file into a
 * {@link io.ella.core.weights.WeightSource}. A source lists its parameters, compares them with what
 * a recorded model declares ({@link io.ella.core.weights.WeightSource#check}) before a byte of them
 * is read, and hands out each as a {@link io.ella.core.weights.StoredTensor}: a view of the mapped
 * file, which nothing has copied or converted.
 *
 * <p>{@link io.ella.core.weights.Safetensors} reads and writes the one file format; it trusts
 * nothing that a file says before it is checked. {@link io.ella.core.weights.Mapping} expresses
 * that a checkpoint has other names or layouts than the model. {@link
 * io.ella.core.weights.HashWeights} needs no file: it computes any parameter from its name.
 */
@NullMarked
package io.ella.core.weights;

import org.jspecify.annotations.NullMarked;
