package io.ella.train;

import io.ella.core.scheduler.ForwardProcess;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A batch of latents, each at a timestep of its own: what a network that takes noise away is given,
 * and what it has to predict.
 *
 * <p>Not thread-safe.
 */
public final class NoisyLatents {
    private final ForwardProcess forward;
    private final long[] shape;
    private final int each;
    private final float[] timesteps;
    private final float[] samples;
    private final float[] targets;

    /**
     * Begins with zeros.
     *
     * @param forward how latents become noisy
     * @param shape B × C × H × W
     */
    public NoisyLatents(ForwardProcess forward, long... shape) {
        this.forward = forward;
        this.shape = shape.clone();
        this.each = Math.toIntExact(shape[1] * shape[2] * shape[3]);
        this.timesteps = new float[Math.toIntExact(shape[0])];
        this.samples = new float[timesteps.length * each];
        this.targets = new float[samples.length];
    }

    /**
     * Adds noise to one latent.
     *
     * @param index of the latent in the batch
     * @param latent the clean one, scaled: C · H · W elements
     * @param timestep how noisy it becomes
     * @param random where the noise comes from
     */
    public void put(int index, float[] latent, int timestep, SplittableRandom random) {
        int from = index * each;
        timesteps[index] = timestep;
        System.arraycopy(latent, 0, samples, from, each);
        for (int i = from; i < from + each; i++) {
            targets[i] = (float) random.nextGaussian();
        }
        forward.diffuse(samples, targets, from, each, timestep);
    }

    /**
     * {@return timesteps (B), noisy latents and targets (both B × C × H × W)}
     *
     * @param torch where to; the tensors are the caller's
     */
    public List<Tensor> tensors(Torch torch) {
        List<Tensor> tensors = new ArrayList<>(samples(torch));
        tensors.add(torch.tensor(targets, shape));
        return tensors;
    }

    /**
     * {@return timesteps (B) and noisy latents (B × C × H × W), for what is not asked for targets}
     *
     * @param torch where to; the tensors are the caller's
     */
    public List<Tensor> samples(Torch torch) {
        return List.of(torch.tensor(timesteps, timesteps.length), torch.tensor(samples, shape));
    }
}
