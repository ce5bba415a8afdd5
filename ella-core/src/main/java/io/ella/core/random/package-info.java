/**
 * Gaussian noise equal to PyTorch's, so that a seed gives the same image here and there.
 *
 * <p>{@link io.ella.core.random.TorchGenerator} is the whole of it: {@code torch.Generator("cpu")}
 * and {@code torch.randn} in one object, without global state.
 */
@NullMarked
package io.ella.core.random;

import org.jspecify.annotations.NullMarked;
