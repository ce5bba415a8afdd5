package io.ella.train.stages;

import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import io.ella.train.scenes.Scene;
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

    /**
     * {@return the one's inputs, then the other's for the same retold in several captions, and
     * which of their tokens know each object, which the background, and which are padding, for each
     * row}
     */
    List<Tensor> inputs(Torch torch, String[] captions, Retold told) {
        Tokens words = variant.tokens(captions);
        List<Tensor> inputs = new ArrayList<>(text.inputs(torch, words.ids(), words.mask()));
        inputs.addAll(clip.inputs(torch, told.tokens().ids(), told.tokens().mask()));
        int each = told.eachObject().length / captions.length / Scene.MAX_OBJECTS;
        inputs.add(torch.tensor(told.eachObject(), captions.length, Scene.MAX_OBJECTS, each));
        inputs.add(picked(torch, told.background(), captions.length));
        inputs.add(picked(torch, told.padding(), captions.length));
        return inputs;
    }

    /** {@return which tokens are a row's, [B, N], of all rows one after another} */
    static Tensor picked(Torch torch, long[] tokens, int rows) {
        return torch.tensor(tokens, rows, tokens.length / rows);
    }
}
