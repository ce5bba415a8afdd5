package io.ella.train;

import io.ella.core.EllaException;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Trainer;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A training in a folder of its own: {@code state.safetensors} is the last checkpoint, {@code
 * loss.csv} and {@code loss.png} are the loss curve. Started again, it goes on from the checkpoint,
 * and ends with the same weights as if it had never stopped, on as many threads.
 *
 * <p>Not thread-safe.
 */
public final class TrainingRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);
    private static final int ROW_EVERY = 10;
    private static final double REPORT_SECONDS = 5;
    private static final String STATE = "state.safetensors";

    private final Torch torch;
    private final TrainingTask task;
    private final TrainingPlan plan;
    private final Path state;
    private final FolderLock lock;
    private final LossCurve curve;
    private final Trainer trainer;
    private LongConsumer afterCheckpoint = step -> {};
    private long saved;

    /**
     * Prepares a training, or the rest of one.
     *
     * @param torch where to compute
     * @param task what to learn
     * @param plan how
     * @param start weights to begin with, and those that do not learn
     * @param folder where the checkpoint is and will be; made if it is not there
     * @throws EllaException if the folder cannot be written, another training is running there, or
     *     it holds the checkpoint of another task
     */
    public TrainingRun(
            Torch torch, TrainingTask task, TrainingPlan plan, WeightSource start, Path folder) {
        this.torch = torch;
        this.task = task;
        this.plan = plan;
        this.state = folder.resolve(STATE);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EllaException(folder + " cannot be made: " + e, e);
        }
        this.lock = FolderLock.of(folder);
        Trainer begun = null;
        boolean whole = false;
        try {
            begun = torch.trainer(task.graph(), plan.precision(), task::learns, start);
            if (Files.exists(state)) {
                begun.restore(state);
                saved = begun.steps();
                LOG.info("{}: going on from step {}", task.graph().name(), begun.steps());
            }
            this.curve = LossCurve.resume(folder.resolve("loss.csv"), begun.steps());
            this.trainer = begun;
            whole = true;
        } finally {
            if (!whole) {
                try (lock) {
                    if (begun != null) {
                        begun.close();
                    }
                }
            }
        }
    }

    /** {@return how many updates are done} */
    public long steps() {
        return trainer.steps();
    }

    /** {@return whether all updates are done} */
    public boolean isDone() {
        return trainer.steps() >= plan.steps();
    }

    /**
     * Sets what is done after each checkpoint, on the thread that trains; the time that it takes is
     * not that of a step.
     *
     * @param action given the number of updates that the checkpoint has seen
     */
    public void afterCheckpoint(LongConsumer action) {
        afterCheckpoint = action;
    }

    /**
     * Trains to the end, or until told to stop; writes a checkpoint now and then and at the end.
     *
     * @param cancelled asked after every step; true stops
     * @param listener told now and then, on this thread
     * @return whether the end was reached
     * @throws EllaException if the loss or the gradients are not finite, memory runs out, or the
     *     checkpoint cannot be written; the last one stays
     */
    public boolean run(BooleanSupplier cancelled, Consumer<TrainingProgress> listener) {
        Mean row = new Mean();
        Mean report = new Mean();
        while (!isDone() && !cancelled.getAsBoolean()) {
            long since = System.nanoTime();
            long step = trainer.steps();
            double loss = 0;
            for (int i = 0; i < plan.accumulate(); i++) {
                loss += batch(step * plan.accumulate() + i) / plan.accumulate();
            }
            double rate = plan.rate().at(step);
            double norm = trainer.update(plan.adam(), rate, plan.averageDecay(step));
            double seconds = (System.nanoTime() - since) * 1e-9;
            row.add(loss, norm, seconds);
            report.add(loss, norm, seconds);
            boolean rowIsFull = trainer.steps() % ROW_EVERY == 0 || isDone();
            if (rowIsFull) {
                curve.add(trainer.steps(), row.loss(), row.norm(), rate, row.seconds());
                row = new Mean();
            }
            if (rowIsFull || report.seconds > REPORT_SECONDS) {
                listener.accept(report.at(task.graph().name(), trainer.steps(), plan.steps()));
                report = new Mean();
            }
            if (trainer.steps() % plan.saveEvery() == 0) {
                save();
            }
        }
        save();
        return isDone();
    }

    /** Means over the steps since the last row or report. */
    private static final class Mean {
        private double loss;
        private double norm;
        private double seconds;
        private int count;

        void add(double moreLoss, double moreNorm, double moreSeconds) {
            loss += moreLoss;
            norm += moreNorm;
            seconds += moreSeconds;
            count++;
        }

        double loss() {
            return loss / count;
        }

        double norm() {
            return norm / count;
        }

        double seconds() {
            return seconds / count;
        }

        TrainingProgress at(String phase, long step, long steps) {
            return new TrainingProgress(phase, step, steps, loss(), seconds());
        }
    }

    private double batch(long number) {
        List<Tensor> inputs = task.batch(torch, number);
        try {
            return trainer.accumulate(inputs.toArray(new Tensor[0]))[0];
        } finally {
            inputs.forEach(Tensor::close);
        }
    }

    /**
     * The curve first: its rows after a checkpoint are dropped on resuming, missing ones stay so.
     */
    private void save() {
        if (trainer.steps() == saved && Files.exists(state)) {
            return;
        }
        curve.flush();
        trainer.save(state);
        saved = trainer.steps();
        afterCheckpoint.accept(saved);
    }

    /**
     * {@return the moving average of the weights that learned, as the last checkpoint has it, by
     * their names in the task's graph}
     *
     * @param folder of the training
     * @throws EllaException if there is no checkpoint
     */
    public static WeightSource result(Path folder) {
        return Safetensors.open(folder.resolve(STATE))
                .renamed(name -> Trainer.AVERAGE_PREFIX + name);
    }

    /** Frees the memory. */
    @Override
    public void close() {
        try (lock) {
            trainer.close();
        }
    }
}
