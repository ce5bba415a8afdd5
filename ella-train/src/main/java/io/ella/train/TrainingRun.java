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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A training in a folder of its own: {@code state.safetensors} is the last checkpoint, {@code
 * loss.csv} the loss curve. Started again, it goes on from the checkpoint, and ends with the same
 * weights as if it had never stopped.
 *
 * <p>Not thread-safe.
 */
public final class TrainingRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);
    private static final int REPORT_EVERY = 10;
    private static final String STATE = "state.safetensors";

    private final Torch torch;
    private final TrainingTask task;
    private final TrainingPlan plan;
    private final Path state;
    private final LossCurve curve;
    private final Trainer trainer;

    /**
     * Prepares a training, or the rest of one.
     *
     * @param torch where to compute
     * @param task what to learn
     * @param plan how
     * @param start weights to begin with, and those that do not learn
     * @param folder where the checkpoint is and will be; made if it is not there
     * @throws EllaException if the folder cannot be written, or holds the checkpoint of another
     *     task
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
        this.trainer = torch.trainer(task.graph(), plan.precision(), task::learns, start);
        boolean whole = false;
        try {
            if (Files.exists(state)) {
                trainer.restore(state);
                LOG.info("{}: going on from step {}", task.graph().name(), trainer.steps());
            }
            this.curve = LossCurve.resume(folder.resolve("loss.csv"), trainer.steps());
            whole = true;
        } finally {
            if (!whole) {
                trainer.close();
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
     * Trains to the end, or until told to stop; writes a checkpoint then and now and at the end.
     *
     * @param cancelled asked after every step; true stops
     * @param listener told now and then, on this thread
     * @return whether the end was reached
     * @throws EllaException if the loss or the gradients are not finite, memory runs out, or the
     *     checkpoint cannot be written; the last one stays
     */
    public boolean run(BooleanSupplier cancelled, Consumer<TrainingProgress> listener) {
        double sum = 0;
        double norm = 0;
        int count = 0;
        long since = System.nanoTime();
        while (!isDone() && !cancelled.getAsBoolean()) {
            long step = trainer.steps();
            for (int i = 0; i < plan.accumulate(); i++) {
                sum += batch(step * plan.accumulate() + i) / plan.accumulate();
            }
            double rate = plan.rate().at(step);
            norm += trainer.update(plan.adam(), rate, plan.averageDecay(step));
            count++;
            if (trainer.steps() % REPORT_EVERY == 0 || isDone()) {
                double seconds = (System.nanoTime() - since) * 1e-9 / count;
                curve.add(trainer.steps(), sum / count, norm / count, rate, seconds);
                listener.accept(
                        new TrainingProgress(trainer.steps(), plan.steps(), sum / count, seconds));
                sum = 0;
                norm = 0;
                count = 0;
                since = System.nanoTime();
            }
            if (trainer.steps() % plan.saveEvery() == 0) {
                save();
            }
        }
        save();
        return isDone();
    }

    private double batch(long number) {
        List<Tensor> inputs = task.batch(torch, number);
        try {
            return trainer.accumulate(inputs.toArray(new Tensor[0]))[0];
        } finally {
            inputs.forEach(Tensor::close);
        }
    }

    private void save() {
        trainer.save(state);
        curve.flush();
    }

    /**
     * {@return the moving average of the weights that learned, as the last checkpoint has it}
     *
     * @param folder of the training
     * @param model which of the models in the task's graph; their names lose this part
     * @throws EllaException if there is no checkpoint
     */
    public static WeightSource result(Path folder, String model) {
        return Safetensors.open(folder.resolve(STATE))
                .renamed(name -> Trainer.AVERAGE_PREFIX + model + "." + name);
    }

    /** Frees the memory. */
    @Override
    public void close() {
        trainer.close();
    }
}
