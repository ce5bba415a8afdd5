package io.ella.pipeline;

import java.util.List;

/**
 * What is known after one step, for progress and previews.
 *
 * @param index how many steps of the whole generation are done, from 1
 * @param total how many there are, over all images
 * @param firstImage the first image that this step was for
 * @param timestep the timestep that the model was called with
 * @param latents the latent of each image of this step, [C, H/8, W/8] row-major; not to be modified
 * @param predicted the finished latent that the scheduler expects by now, likewise
 */
public record GenerationStep(
        int index,
        int total,
        int firstImage,
        double timestep,
        List<float[]> latents,
        List<float[]> predicted) {

    /** Copies the lists. */
    public GenerationStep {
        latents = List.copyOf(latents);
        predicted = List.copyOf(predicted);
    }
}
