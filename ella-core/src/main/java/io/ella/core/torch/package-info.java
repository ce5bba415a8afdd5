/**
 * Running recorded graphs with libtorch, through DJL.
 *
 * <p>{@link io.ella.core.torch.Torch} is one device; it {@linkplain
 * io.ella.core.torch.Torch#compile compiles} a {@link io.ella.core.graph.Graph} into a {@link
 * io.ella.core.torch.Program}, which {@linkplain io.ella.core.torch.Program#load loads} the
 * parameters that the graph declares into {@link io.ella.core.torch.Weights}; a program, weights
 * and input {@link io.ella.core.torch.Tensor}s give output tensors:
 *
 * <pre>{@code
 * try (Torch torch = Torch.open(Device.CPU);
 *         Program program = torch.compile(graph, Precision.FP32);
 *         Weights weights = program.load(Checkpoint.open(folder));
 *         Tensor x = torch.tensor(new float[32], 2, 16);
 *         Outputs y = program.run(weights, x)) {
 *     float[] values = y.get(0).floats();
 * }
 * }</pre>
 *
 * <p>A program is TorchScript source made from the graph, in an archive of a few kilobytes that
 * libtorch reads from memory; weights are passed to it at every call. How the source looks depends
 * on the target: {@code Lowering} writes operations as they are, for CUDA and for training; {@code
 * OneDnnLowering} calls oneDNN with packed weights, for inference on the CPU; there {@code
 * Winograd} has convolutions in 32 bits multiply less. This is the only package that touches DJL's
 * PyTorch classes. Everything here that is {@link AutoCloseable} holds native memory until it is
 * closed.
 */
@NullMarked
package io.ella.core.torch;

import org.jspecify.annotations.NullMarked;
