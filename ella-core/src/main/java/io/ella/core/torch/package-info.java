/**
 * Running recorded graphs with libtorch, through DJL.
 *
 * <p>{@link io.ella.core.torch.Torch} is one device; it {@linkplain
 * io.ella.core.torch.Torch#compile compiles} a {@link io.ella.core.graph.Graph} into a {@link
 * io.ella.core.torch.Program} and {@linkplain io.ella.core.torch.Torch#load loads} the parameters
 * that the graph declares into {@link io.ella.core.torch.Weights}; a program, weights and input
 * {@link io.ella.core.torch.Tensor}s give output tensors:
 *
 * <pre>{@code
 * try (Torch torch = Torch.open(Device.CPU);
 *         Program program = torch.compile(graph, Precision.FP32);
 *         Weights weights = torch.load(graph.parameters(), Checkpoint.open(folder), program.precision());
 *         Tensor x = torch.tensor(new float[32], 2, 16);
 *         Outputs y = program.run(weights, x)) {
 *     float[] values = y.get(0).floats();
 * }
 * }</pre>
 *
 * <p>A program is TorchScript source made from the graph, in an archive of a few kilobytes that
 * libtorch reads from memory; weights are passed to it at every call. This is the only package that
 * touches DJL's PyTorch classes. Everything here that is {@link AutoCloseable} holds native memory
 * until it is closed.
 */
@NullMarked
package io.ella.core.torch;

import org.jspecify.annotations.NullMarked;
