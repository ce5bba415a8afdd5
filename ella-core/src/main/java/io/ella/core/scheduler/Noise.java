package io.ella.core.scheduler;

/** A source of fresh standard normal values, such as {@code TorchGenerator::randn}. */
@FunctionalInterface
public interface Noise {
    /**
     * {@return a new array of {@code n} independent standard normal values}
     *
     * @param n the number of values
     */
    float[] randn(int n);
}
