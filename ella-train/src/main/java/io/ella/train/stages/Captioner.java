package io.ella.train.stages;

import io.ella.train.scenes.Caption;
import io.ella.train.scenes.DenseCaption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.ShortCaption;
import java.util.List;
import java.util.function.BiFunction;

/** What is said of a scene, and how a text encoder is given it. */
interface Captioner {
    Caption caption(Scene scene, long seed);

    /** {@return the same in captions of one or two objects} */
    List<String> retold(Scene scene, long seed);

    Tokens tokens(String[] captions);

    /** {@return when it is said: the timestep for a number drawn from [0, 1)} */
    default int timestep(double uniform, int timesteps) {
        return (int) (uniform * timesteps);
    }

    /** {@return the same, said while the layout is made: there is nearly nothing but noise} */
    default Captioner forLayout() {
        return during(0.85, 1);
    }

    /** {@return the same, said while details are made: noise hides little more than textures} */
    default Captioner forDetails() {
        return during(0.25, 0.65);
    }

    /** The same, at timesteps between two parts of all. */
    private Captioner during(double from, double to) {
        Captioner same = this;
        return new Captioner() {
            @Override
            public Caption caption(Scene scene, long seed) {
                return same.caption(scene, seed);
            }

            @Override
            public List<String> retold(Scene scene, long seed) {
                return same.retold(scene, seed);
            }

            @Override
            public Tokens tokens(String[] captions) {
                return same.tokens(captions);
            }

            @Override
            public int timestep(double uniform, int timesteps) {
                return (int) ((from + (to - from) * uniform) * timesteps);
            }
        };
    }

    /** One or two objects, to the encoder that learns along with the base model. */
    static Captioner brief() {
        return brief(ShortCaption::of);
    }

    /** The same, which say where something is. */
    static Captioner placing() {
        return brief(ShortCaption::placing);
    }

    private static Captioner brief(BiFunction<Scene, Long, Caption> captions) {
        int length = SceneModels.clipTokens();
        return new Captioner() {
            @Override
            public Caption caption(Scene scene, long seed) {
                return captions.apply(scene, seed);
            }

            @Override
            public List<String> retold(Scene scene, long seed) {
                return List.of(caption(scene, seed).text());
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
            public Caption caption(Scene scene, long seed) {
                return DenseCaption.of(scene, seed);
            }

            @Override
            public List<String> retold(Scene scene, long seed) {
                Caption dense = caption(scene, seed);
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
