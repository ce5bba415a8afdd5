package io.ella.train.stages;

import io.ella.train.scenes.DenseCaption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.ShortCaption;

/** What is said of a scene, and to which text encoder. */
enum Captioner {
    /** One or two objects, to the encoder that learns along with the base model. */
    SHORT,
    /** Everything, to the language model in front of the connector. */
    DENSE;

    String caption(Scene scene, long seed) {
        return switch (this) {
            case SHORT -> ShortCaption.of(scene, seed).text();
            case DENSE -> DenseCaption.of(scene, seed).text();
        };
    }

    Tokens tokens(String[] captions) {
        return switch (this) {
            case SHORT -> Tokens.clip(captions, SceneModels.clipTokens());
            case DENSE -> Tokens.t5(captions, SceneModels.DENSE_TOKENS);
        };
    }
}
