/**
 * From prompt text to features: tokenizers and frozen text encoders.
 *
 * <p>Start at {@link io.ella.encoders.Tokenizer}, which opens the tokenizer of a checkpoint folder
 * and turns text into {@link io.ella.encoders.TokenIds}; {@link io.ella.encoders.TokenLength} says
 * whether they are padded. The text encoders (T5, Llama, CLIP) then turn ids into hidden states.
 *
 * <p>ELLA reads T5 or Llama features through its connector; CLIP is Stable Diffusion's own encoder.
 */
@NullMarked
package io.ella.encoders;

import org.jspecify.annotations.NullMarked;
