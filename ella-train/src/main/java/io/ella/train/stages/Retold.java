package io.ella.train.stages;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Scenes told to the base model's text encoder in several captions each, and what of its answer the
 * denoising network is given at once: the tokens of all captions of a scene, and padding of the
 * last as there is behind a single one, which is attended to as well. So no caption counts less for
 * being among others.
 */
final class Retold {
    /** How many captions of a scene are told at most. */
    private static final int CAPTIONS = 8;

    /** Numbers of captions are multiples of this, so that kernels are made for few sizes. */
    private static final int ROWS = 32;

    private final Tokens tokens;
    private final long[] picked;

    private Retold(Tokens tokens, long[] picked) {
        this.tokens = tokens;
        this.picked = picked;
    }

    /** {@return of the captions, one scene's after another's; behind them some empty ones} */
    Tokens tokens() {
        return tokens;
    }

    /**
     * {@return which tokens a scene is given, {@link #count} for each, counted over all captions}
     */
    long[] picked() {
        return picked;
    }

    static Retold of(List<List<String>> scenes) {
        int length = SceneModels.clipTokens();
        List<String> captions = new ArrayList<>();
        for (List<String> scene : scenes) {
            captions.addAll(scene.subList(0, Math.min(CAPTIONS, scene.size())));
        }
        while (captions.size() % ROWS != 0) {
            captions.add("");
        }
        Tokens tokens = Tokens.clip(captions.toArray(new String[0]), length);
        long[] picked = new long[scenes.size() * count()];
        int caption = 0;
        for (int i = 0; i < scenes.size(); i++) {
            List<Integer> said = new ArrayList<>();
            int end = caption + Math.min(CAPTIONS, scenes.get(i).size());
            for (; caption < end; caption++) {
                boolean padded = caption == end - 1;
                int used = padded ? length : (int) Arrays.stream(tokens.mask()[caption]).sum();
                for (int t = 0; t < used; t++) {
                    said.add(caption * length + t);
                }
            }
            for (int t = 0; t < count(); t++) { // a single caption's all come twice
                picked[i * count() + t] = said.get(t % said.size());
            }
        }
        return new Retold(tokens, picked);
    }

    /** {@return how many tokens the network is given, twice a caption's} */
    static int count() {
        return 2 * SceneModels.clipTokens();
    }
}
