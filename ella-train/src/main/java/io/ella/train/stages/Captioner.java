package io.ella.train.stages;

import io.ella.train.scenes.DenseCaption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.ShortCaption;

/** What is said of a scene, and to which text encoder. */
enum Captioner {
    /** One or two objects, to the encoder that learns along with the base model. */
    SHORT(SceneModels.clipTokens()),
    /** Everything, to the language model in front of the connector. */
    DENSE(SceneModels.DENSE_TOKENS);

    private final int length;

    Captioner(int length) {
        this.length = length;
    }

    String caption(Scene scene, long seed) {
        return switch (this) {
            case SHORT -> ShortCaption.of(scene, seed).text();
            case DENSE -> DenseCaption.of(scene, seed).text();
        };
    }

    Tokens tokens(String[] captions) {
        return switch (this) {
            case SHORT -> Tokens.clip(captions, length);
            case DENSE -> Tokens.t5(captions, length);
        };
    }
}
