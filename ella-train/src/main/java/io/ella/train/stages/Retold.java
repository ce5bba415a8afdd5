package io.ella.train.stages;

import io.ella.train.scenes.Caption;
import io.ella.train.scenes.Mentions;
import io.ella.train.scenes.Scene;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Scenes told to the base model's text encoder in several captions each, and which tokens of its
 * answer are a scene's. Of every scene there are as many; they are counted over all captions.
 */
final class Retold {
    /** How many captions of a scene are told at most. */
    private static final int CAPTIONS = 8;

    /** Of how many objects: a caption names one or two. */
    private static final int OBJECTS = 2 * CAPTIONS;

    /** Numbers of captions are multiples of this, so that kernels are made for few sizes. */
    private static final int ROWS = 32;

    private final Tokens tokens;
    private final long[] objects;
    private final long[] context;

    private Retold(Tokens tokens, long[] objects, long[] context) {
        this.tokens = tokens;
        this.objects = objects;
        this.context = context;
    }

    /** {@return of the captions, one scene's after another's; behind them some empty ones} */
    Tokens tokens() {
        return tokens;
    }

    /**
     * {@return the tokens at which a caption has said all of an object; of a scene of which nothing
     * is told that which begins the caption}
     */
    long[] objects() {
        return objects;
    }

    /**
     * {@return what a denoising network is given at once: the tokens of all captions of a scene,
     * and padding of the last as there is behind a single one, which is attended to as well; so no
     * caption counts less for being among others}
     */
    long[] context() {
        return context;
    }

    /**
     * Retells.
     *
     * @param scenes what is told of
     * @param told of each, in captions of one or two objects
     */
    static Retold of(List<Scene> scenes, List<List<Caption>> told) {
        List<String> captions = new ArrayList<>();
        for (List<Caption> all : told) {
            some(all).forEach(caption -> captions.add(caption.text()));
        }
        while (captions.size() % ROWS != 0) {
            captions.add("");
        }
        int length = SceneModels.clipTokens();
        Tokens tokens = Tokens.clip(captions.toArray(new String[0]), length);
        long[] objects = new long[told.size() * OBJECTS];
        long[] context = new long[told.size() * 2 * length];
        int first = 0;
        for (int i = 0; i < told.size(); i++) {
            List<Caption> all = some(told.get(i));
            repeat(objects(scenes.get(i), all, first), objects, i * OBJECTS, OBJECTS);
            // of a single caption all come twice
            repeat(context(tokens, first, all.size()), context, i * 2 * length, 2 * length);
            first += all.size();
        }
        return new Retold(tokens, objects, context);
    }

    private static List<Caption> some(List<Caption> captions) {
        return captions.subList(0, Math.min(CAPTIONS, captions.size()));
    }

    private static List<Integer> objects(Scene scene, List<Caption> captions, int first) {
        List<Integer> known = new ArrayList<>();
        for (int i = 0; i < captions.size(); i++) {
            int begin = (first + i) * SceneModels.clipTokens();
            for (int token : Mentions.tokens(scene, captions.get(i).text())) {
                if (token >= 0) {
                    known.add(begin + 1 + token); // behind the one that begins the caption
                }
            }
        }
        return known.isEmpty() ? List.of(first * SceneModels.clipTokens()) : known;
    }

    private static List<Integer> context(Tokens tokens, int first, int count) {
        int length = SceneModels.clipTokens();
        List<Integer> said = new ArrayList<>();
        for (int caption = first; caption < first + count; caption++) {
            boolean padded = caption == first + count - 1;
            int used = padded ? length : (int) Arrays.stream(tokens.mask()[caption]).sum();
            for (int t = 0; t < used; t++) {
                said.add(caption * length + t);
            }
        }
        return said;
    }

    private static void repeat(List<Integer> some, long[] all, int offset, int count) {
        for (int i = 0; i < count; i++) {
            all[offset + i] = some.get(i % some.size());
        }
    }
}
