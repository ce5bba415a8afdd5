package io.ella.train.stages;

import io.ella.train.scenes.Caption;
import io.ella.train.scenes.DenseCaption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.ShortCaption;
import java.util.List;

/** What is said of a scene, and how a text encoder is given it. */
interface Captioner {

    String caption(Scene scene, long seed);

    /** {@return the same in captions of one or two objects} */
    List<String> retold(Scene scene, long seed);

    Tokens tokens(String[] captions);

    /** One or two objects, to the encoder that learns along with the base model. */
    static Captioner brief() {
        int length = SceneModels.clipTokens();
        return new Captioner() {
            @Override
            public String caption(Scene scene, long seed) {
                return ShortCaption.of(scene, seed).text();
            }

            @Override
            public List<String> retold(Scene scene, long seed) {
                return List.of(caption(scene, seed));
            }

            @Override
            public Tokens tokens(String[] captions) {
                return Tokens.clip(captions, length);
            }
        };
    }

    /** Everything, to the language model in front of a connector. */
    static Captioner dense(Variant variant) {
        return new Captioner() {
            @Override
            public String caption(Scene scene, long seed) {
                return DenseCaption.of(scene, seed).text();
            }

            @Override
            public List<String> retold(Scene scene, long seed) {
                Caption dense = DenseCaption.of(scene, seed);
                return ShortCaption.retelling(scene, dense, seed).stream()
                        .map(Caption::text)
                        .toList();
            }

            @Override
            public Tokens tokens(String[] captions) {
                return variant.tokens(captions);
            }
        };
    }
}
