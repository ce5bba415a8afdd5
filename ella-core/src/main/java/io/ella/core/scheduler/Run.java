package io.ella.core.scheduler;

import io.ella.core.EllaException;
import org.jspecify.annotations.Nullable;

/** What all runs share: the position, and the checks of what comes in. */
abstract class Run implements Sampler {
    final TableSchedule schedule;
    int index;
    private float @Nullable [] original;

    Run(TableSchedule schedule, int beginIndex) {
        this.schedule = schedule;
        this.index = beginIndex;
    }

    /** Computes the next sample and reports the predicted clean one; the index moves afterwards. */
    abstract float[] advance(float[] output, float[] sample);

    /** What the sample is divided by before it goes to the model. */
    float inputScale() {
        return 1;
    }

    final void predicted(float[] value) {
        original = value;
    }

    final float sigma(int at) {
        return schedule.sigmas[at];
    }

    final int timestep() {
        return (int) schedule.timesteps[index];
    }

    final int calls() {
        return schedule.timesteps.length;
    }

    @Override
    public final int index() {
        return index;
    }

    @Override
    public final float[] scaleModelInput(float[] sample) {
        checkRunning();
        float scale = inputScale();
        if (scale == 1) {
            return sample;
        }
        float[] scaled = new float[sample.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = sample[i] / scale;
        }
        return scaled;
    }

    @Override
    public final float[] step(float[] modelOutput, float[] sample) {
        checkRunning();
        if (modelOutput.length != sample.length) {
            throw new EllaException(
                    "The model's output has "
                            + modelOutput.length
                            + " values, the sample "
                            + sample.length
                            + ". Does the model predict a variance as well?");
        }
        float[] next = advance(modelOutput, sample);
        index++;
        return next;
    }

    @Override
    public final float[] predictedOriginal() {
        if (original == null) {
            throw new EllaException("There is no prediction yet: call step first.");
        }
        return original;
    }

    private void checkRunning() {
        if (index >= calls()) {
            throw new EllaException(
                    "The run is over after " + calls() + " model calls. Start another one.");
        }
    }
}
