package io.ella.tsc;

import io.ella.core.EllaException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The connectors that the paper compares (arXiv 2403.05135, Table 6).
 *
 * <p>Parameter counts are for features of width 2048 and queries of width 768.
 */
public enum Connector {
    /** Two linear layers with GELU on each token; as many queries as tokens. 2.16 M. */
    MLP,
    /**
     * Learned queries that attend to the text, with plain layer norms. 8.71 M with one block, 44.16
     * M with six.
     */
    RESAMPLER,
    /** A resampler whose norms and residual branches depend on the timestep. 73.91 M with six. */
    ADALN_ZERO,
    /** A resampler whose norms depend on the timestep: the published TSC. 66.82 M with six. */
    ADALN;

    /**
     * {@return the connector of that name}
     *
     * @param name as printed: {@code mlp}, {@code resampler}, {@code adaln_zero}, {@code adaln}
     * @throws EllaException if there is none
     */
    public static Connector of(String name) {
        return Arrays.stream(values())
                .filter(connector -> connector.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new EllaException(
                                        "\"%s\" is no connector; choose one of %s"
                                                .formatted(name, List.of(values()))));
    }

    /** {@return whether its queries depend on the timestep} */
    public boolean isTimeAware() {
        return this == ADALN || this == ADALN_ZERO;
    }

    /** {@return whether it has learned queries, blocks and heads} */
    boolean isResampler() {
        return this != MLP;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
