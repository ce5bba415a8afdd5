/**
 * From a prompt to an image: where the parts meet.
 *
 * <p>{@link io.ella.pipeline.ElllaPipeline} opens a checkpoint and {@linkplain
 * io.ella.pipeline.ElllaPipeline#generate(GenerationRequest) generates}; a {@link
 * io.ella.pipeline.GenerationRequest} says what, a {@link io.ella.pipeline.Generation} holds the
 * images and how they were made.
 *
 * <p>Inside: {@code ModelFiles} finds the components of a checkpoint, a {@code Conditioner} turns
 * prompts into the context of the U-Net at each timestep (ELLA, or CLIP), a {@code Denoiser} runs
 * the U-Net along a schedule, an {@code ImageDecoder} makes pixels. All native work of a pipeline
 * happens on one {@code DeviceThread}.
 */
@NullMarked
package io.ella.pipeline;

import org.jspecify.annotations.NullMarked;
