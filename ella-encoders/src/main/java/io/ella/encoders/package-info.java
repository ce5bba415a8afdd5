/**
 * From prompt text to features: tokenizers and frozen text encoders.
 *
 * <p>Start at {@link io.ella.encoders.Tokenizer}, which opens the tokenizer of a checkpoint folder
 * and turns text into {@link io.ella.encoders.TokenIds}; {@link io.ella.encoders.TokenLength} says
 * whether they are padded. {@link io.ella.encoders.TextEncoder} (T5, Llama or CLIP) then turns ids
 * into the features that ELLA's connector reads, with all weights in memory or {@linkplain
 * io.ella.encoders.Residency#STREAMED one layer at a time}; {@link
 * io.ella.encoders.CachedTextEncoder} remembers what was asked last. {@link
 * io.ella.encoders.ClipTextEncoder} is Stable Diffusion's own encoder.
 *
 * <p>Inside, a language model is a {@code LayeredModel}: embeddings, equal layers, a last norm. A
 * {@code LayerStack} runs it, either as one program or as one for all layers.
 */
@NullMarked
package io.ella.encoders;

import org.jspecify.annotations.NullMarked;
