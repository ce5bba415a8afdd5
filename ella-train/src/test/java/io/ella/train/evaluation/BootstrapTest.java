package io.ella.train.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BootstrapTest {
    private static final double EXACT = 1e-12;

    @Test
    void quantilesLieBetweenOrderStatistics() {
        double[] sorted = {1, 2, 3, 4};
        assertThat(Bootstrap.quantile(sorted, 0)).isEqualTo(1);
        assertThat(Bootstrap.quantile(sorted, 0.025)).isCloseTo(1.075, within(EXACT));
        assertThat(Bootstrap.quantile(sorted, 0.5)).isCloseTo(2.5, within(EXACT));
        assertThat(Bootstrap.quantile(sorted, 1)).isEqualTo(4);
        assertThat(Bootstrap.quantile(new double[0], 0.5)).isNaN();
    }

    @Test
    void onePromptHasNoSpread() {
        assertThat(share(counts(new long[] {3}, new long[] {4})))
                .isEqualTo(new Estimate(0.75, 0.75, 0.75, 4));
    }

    @Test
    void promptsCountByTheirFacts() {
        // Of two prompts, both the one and both the other are drawn in a quarter of the resamples.
        assertThat(share(counts(new long[] {1, 0}, new long[] {1, 3})))
                .isEqualTo(new Estimate(0.25, 0, 1, 4));
    }

    @Test
    void intervalsOfManyPromptsAreNearlyNormal() {
        long[] right = new long[400];
        Arrays.fill(right, 0, 120, 1);
        long[] facts = new long[400];
        Arrays.fill(facts, 1);
        Estimate estimate = share(counts(right, facts));
        double half = 1.96 * Math.sqrt(0.3 * 0.7 / 400);
        assertThat(estimate.value()).isCloseTo(0.3, within(EXACT));
        assertThat(estimate.low()).isCloseTo(0.3 - half, within(0.006));
        assertThat(estimate.high()).isCloseTo(0.3 + half, within(0.006));
    }

    @Test
    void pairedDifferencesCancelWhatPromptsHaveInCommon() {
        long[] facts = {4, 4, 4};
        Estimate difference =
                new Bootstrap(3)
                        .difference(
                                counts(new long[] {1, 2, 3}, facts),
                                counts(new long[] {0, 1, 2}, facts));
        assertThat(difference.value()).isCloseTo(0.25, within(EXACT));
        assertThat(difference.low()).isCloseTo(0.25, within(EXACT));
        assertThat(difference.high()).isCloseTo(0.25, within(EXACT));
    }

    @Test
    void withoutFactsThereIsNoShare() {
        Estimate estimate = share(counts(new long[2], new long[2]));
        assertThat(estimate.value()).isNaN();
        assertThat(estimate.low()).isNaN();
        assertThat(estimate.facts()).isZero();
    }

    private static Estimate share(Bootstrap.Counts counts) {
        return new Bootstrap(counts.prompts()).share(counts);
    }

    private static Bootstrap.Counts counts(long[] right, long[] facts) {
        return new Bootstrap.Counts(right, facts);
    }
}
