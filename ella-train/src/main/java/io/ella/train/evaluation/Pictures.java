package io.ella.train.evaluation;

import io.ella.core.image.Image;
import io.ella.core.scheduler.Schedulers;
import io.ella.pipeline.ElllaPipeline;
import io.ella.pipeline.GenerationRequest;
import io.ella.train.scenes.Caption;
import io.ella.train.scenes.SceneRenderer;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Draws the pictures of an arm. */
@FunctionalInterface
public interface Pictures {
    /**
     * Draws a prompt.
     *
     * @param prompt what
     * @param cancelled asked now and then; true stops
     * @return square pictures: one of {@link Arm#RENDERS} and {@link Arm#AUTOENCODER}, else as many
     *     as the settings say
     * @throws io.ella.pipeline.GenerationCancelledException if it was stopped
     */
    List<Image> draw(HeldOutPrompt prompt, BooleanSupplier cancelled);

    /**
     * {@return the scenes themselves}
     *
     * @param size width and height in pixels
     */
    static Pictures renders(int size) {
        SceneRenderer renderer = new SceneRenderer(size);
        return (prompt, cancelled) -> List.of(renderer.image(prompt.scene()));
    }

    /**
     * {@return what a pipeline draws}
     *
     * @param pipeline which; stays the caller's
     * @param caption what it is told
     * @param settings how it draws
     */
    static Pictures of(
            ElllaPipeline pipeline,
            Function<HeldOutPrompt, Caption> caption,
            EvaluationSettings settings) {
        Schedulers scheduler = settings.scheduler();
        return (prompt, cancelled) ->
                pipeline.generate(
                                GenerationRequest.of(caption.apply(prompt).text())
                                        .count(settings.images())
                                        .seed(prompt.seed())
                                        .steps(settings.steps())
                                        .guidance(settings.guidance())
                                        .scheduler(scheduler)
                                        .tokenLength(settings.tokenLength())
                                        .onStep(
                                                step -> {
                                                    if (cancelled.getAsBoolean()) {
                                                        throw new CancellationException();
                                                    }
                                                })
                                        .build())
                        .images();
    }
}
