package io.ella.train.stages;

import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import java.util.ArrayList;
import java.util.List;

/**
 * The language model in front of a connector, and the base model's own text encoder, which it
 * learns from.
 */
record BothEncoders(Variant variant, EncoderGraph text, EncoderGraph clip) {

    static BothEncoders of(Variant variant) {
        return new BothEncoders(variant, variant.text(), SceneModels.clip());
    }

    /** {@return the one's inputs, then the other's, for the same captions} */
    List<Tensor> inputs(Torch torch, String[] captions) {
        Tokens tokens = Tokens.clip(captions, SceneModels.clipTokens());
        List<Tensor> inputs = words(torch, captions);
        inputs.addAll(clip.inputs(torch, tokens.ids(), tokens.mask()));
        return inputs;
    }

    /**
     * {@return the one's inputs, then the other's for the same retold in several captions, and
     * which of their tokens a row is told}
     */
    List<Tensor> inputs(Torch torch, String[] captions, List<List<String>> retold) {
        Retold told = Retold.of(retold);
        List<Tensor> inputs = words(torch, captions);
        inputs.addAll(clip.inputs(torch, told.tokens().ids(), told.tokens().mask()));
        inputs.add(torch.tensor(told.picked(), captions.length, Retold.count()));
        return inputs;
    }

    private List<Tensor> words(Torch torch, String[] captions) {
        Tokens words = variant.tokens(captions);
        return new ArrayList<>(text.inputs(torch, words.ids(), words.mask()));
    }
}
