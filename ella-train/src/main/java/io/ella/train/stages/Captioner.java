package io.ella.train.stages;

import io.ella.train.scenes.Caption;
import io.ella.train.scenes.DenseCaption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.ShortCaption;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What is said of a scene, when, and how a text encoder is given it.
 *
 * @param captions what is said, by scene and seed
 * @param retelling the same in captions of one or two objects
 * @param tokenizer what of captions a text encoder is given
 * @param from the part of all timesteps at which it is said first
 * @param to where it is said no more
 */
record Captioner(
        BiFunction<Scene, Long, Caption> captions,
        BiFunction<Scene, Long, List<Caption>> retelling,
        Function<String[], Tokens> tokenizer,
        double from,
        double to) {

    /** One or two objects, to the encoder that learns along with the base model. */
    static Captioner brief() {
        return brief(ShortCaption::of);
    }

    /** The same, which say where something is. */
    static Captioner placing() {
        return brief(ShortCaption::placing);
    }

    private static Captioner brief(BiFunction<Scene, Long, Caption> captions) {
        return toClip(captions, (scene, seed) -> List.of(captions.apply(scene, seed)));
    }

    /** All that a dense caption says, in short ones at once, to the same encoder. */
    static Captioner retold() {
        return toClip(DenseCaption::of, Captioner::inShort);
    }

    /** The same, and where each object is. */
    static Captioner shown() {
        return toClip(
                DenseCaption::of,
                (scene, seed) -> ShortCaption.showing(scene, DenseCaption.of(scene, seed), seed));
    }

    private static Captioner toClip(
            BiFunction<Scene, Long, Caption> captions,
            BiFunction<Scene, Long, List<Caption>> retelling) {
        int length = SceneModels.clipTokens();
        return new Captioner(captions, retelling, texts -> Tokens.clip(texts, length), 0, 1);
    }

    private static List<Caption> inShort(Scene scene, long seed) {
        return ShortCaption.retelling(scene, DenseCaption.of(scene, seed), seed);
    }

    /**
     * Everything, to the language model in front of a connector; retold is also where each object
     * is, whether the caption says so or not.
     */
    static Captioner dense(Variant variant) {
        return new Captioner(
                DenseCaption::of,
                (scene, seed) -> ShortCaption.showing(scene, DenseCaption.of(scene, seed)),
                variant::tokens,
                0,
                1);
    }

    /** {@return the same, said while the layout is made: there is nearly nothing but noise} */
    Captioner forLayout() {
        return new Captioner(captions, retelling, tokenizer, 0.85, 1);
    }

    /** {@return the same, said while noise hides less and less of where objects are} */
    Captioner forObjects() {
        return new Captioner(captions, retelling, tokenizer, 0.6, 0.9);
    }

    /** {@return the same, said while details are made: noise does not hide where objects are} */
    Captioner forDetails() {
        return new Captioner(captions, retelling, tokenizer, 0.05, 0.75);
    }

    Caption caption(Scene scene, long seed) {
        return captions.apply(scene, seed);
    }

    /** {@return the same in captions of one or two objects} */
    List<Caption> retell(Scene scene, long seed) {
        return retelling.apply(scene, seed);
    }

    Tokens tokens(String[] texts) {
        return tokenizer.apply(texts);
    }

    /** {@return when it is said: the timestep for a number drawn from [0, 1)} */
    int timestep(double uniform, int timesteps) {
        return (int) ((from + (to - from) * uniform) * timesteps);
    }
}
