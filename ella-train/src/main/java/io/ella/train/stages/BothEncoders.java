package io.ella.train.stages;

import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import java.util.ArrayList;
import java.util.List;

/**
 * The language model in front of a connector, and the base model's own text encoder, which it
 * learns from: both read the same captions.
 */
record BothEncoders(Variant variant, EncoderGraph text, EncoderGraph clip) {

    static BothEncoders of(Variant variant) {
        return new BothEncoders(variant, variant.text(), SceneModels.clip());
    }

    /** {@return the one's inputs, then the other's} */
    List<Tensor> inputs(Torch torch, String[] captions) {
        Tokens words = variant.tokens(captions);
        Tokens tokens = Tokens.clip(captions, SceneModels.clipTokens());
        List<Tensor> inputs = new ArrayList<>(text.inputs(torch, words.ids(), words.mask()));
        inputs.addAll(clip.inputs(torch, tokens.ids(), tokens.mask()));
        return inputs;
    }
}
