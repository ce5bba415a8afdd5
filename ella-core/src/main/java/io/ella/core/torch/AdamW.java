package io.ella.core.torch;

import io.ella.core.EllaException;

/**
 * How {@link Trainer#update} turns gradients into steps: Adam with decoupled weight decay (arXiv
 * 1711.05101; PyTorch's {@code torch.optim.AdamW}), after the gradient's norm has been limited.
 *
 * @param beta1 how much of the mean of the gradients stays at each step, in [0, 1)
 * @param beta2 how much of the mean of their squares stays, in [0, 1)
 * @param eps added to the root of the latter
 * @param weightDecay what share of a weight, times the learning rate, goes at each step
 * @param maxNorm the largest norm of all gradients together; more is scaled down to it
 */
public record AdamW(double beta1, double beta2, double eps, double weightDecay, double maxNorm) {

    /** Checks the ranges. */
    public AdamW {
        boolean valid =
                beta1 >= 0
                        && beta1 < 1
                        && beta2 >= 0
                        && beta2 < 1
                        && eps > 0
                        && weightDecay >= 0
                        && maxNorm > 0;
        if (!valid) {
            throw new EllaException(
                    "AdamW with betas %s and %s, eps %s, weight decay %s, maximal norm %s: betas are in [0, 1), the norm and eps above 0, the decay not below"
                            .formatted(beta1, beta2, eps, weightDecay, maxNorm));
        }
    }

    /** {@return PyTorch's defaults, with gradients limited to a norm of 1} */
    public static AdamW defaults() {
        return new AdamW(0.9, 0.999, 1e-8, 0.01, 1);
    }
}
