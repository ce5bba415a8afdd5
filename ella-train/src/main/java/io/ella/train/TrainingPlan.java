package io.ella.train;

import io.ella.core.EllaException;
import io.ella.core.torch.AdamW;
import io.ella.core.torch.Precision;

/**
 * How to train.
 *
 * @param steps how many updates there are in all
 * @param accumulate how many batches make one update
 * @param rate the learning rate over the steps
 * @param adam the optimiser
 * @param averageDecay how much of the moving average of the weights (EMA) stays at each step, once
 *     it has seen enough of them: (1 + step) / (10 + step) is the limit
 * @param precision of the computation; weights are in 32 bits whatever it is
 * @param saveEvery after how many steps a checkpoint is written
 */
public record TrainingPlan(
        long steps,
        int accumulate,
        LearningRate rate,
        AdamW adam,
        double averageDecay,
        Precision precision,
        long saveEvery) {

    /** Checks the ranges. */
    public TrainingPlan {
        if (steps < 1 || accumulate < 1 || saveEvery < 1) {
            throw new EllaException(
                    "training of %d steps, %d batches each, saved every %d: all are at least 1"
                            .formatted(steps, accumulate, saveEvery));
        }
        if (!(averageDecay >= 0 && averageDecay < 1)) {
            throw new EllaException(
                    "the decay of the average is %s; it is in [0, 1)".formatted(averageDecay));
        }
    }

    double averageDecay(long step) {
        return Math.min(averageDecay, (1.0 + step) / (10 + step));
    }
}
