package io.ella.train.stages;

import io.ella.train.scenes.Caption;
import io.ella.train.scenes.Fact;
import io.ella.train.scenes.Mentions;
import io.ella.train.scenes.Scene;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Scenes told to the base model's text encoder in several captions each, and which tokens of its
 * answer are a scene's. Of every scene there are as many; they are counted over all captions.
 */
final class Retold {
    /**
     * How many captions of a scene are told at most: background, count, four places, six relations.
     */
    private static final int CAPTIONS = 12;

    /** Of how many objects: a caption names one or two. */
    private static final int OBJECTS = 2 * CAPTIONS;

    /** Of tokens that say what is behind the objects: "on a gray background", and the end. */
    private static final int BACKGROUND = 5;

    /** How many of the tokens behind a caption are taken, from all over them. */
    private static final int PADDING = 16;

    /** Numbers of captions are multiples of this, so that kernels are made for few sizes. */
    private static final int ROWS = 32;

    private final Tokens tokens;
    private final List<List<Mention>> mentions;
    private final long[] objects;
    private final long[] eachObject;
    private final long[] background;
    private final long[] padding;
    private final long[] context;

    private Retold(
            Tokens tokens,
            List<List<Mention>> mentions,
            long[] objects,
            long[] eachObject,
            long[] background,
            long[] padding,
            long[] context) {
        this.tokens = tokens;
        this.mentions = mentions;
        this.objects = objects;
        this.eachObject = eachObject;
        this.background = background;
        this.padding = padding;
        this.context = context;
    }

    /**
     * An object that a caption names.
     *
     * @param object its number in its scene
     * @param token where all has been said of it
     * @param facts of the whole caption
     */
    record Mention(int object, int token, List<Fact> facts) {}

    /** {@return of the captions, one scene's after another's; behind them some empty ones} */
    Tokens tokens() {
        return tokens;
    }

    /** {@return what is named, of each scene} */
    List<List<Mention>> mentions() {
        return mentions;
    }

    /**
     * {@return the tokens of a scene's mentions, again from the first where there are fewer; of one
     * of which nothing is told that which begins the caption}
     */
    long[] objects() {
        return objects;
    }

    /**
     * {@return the same of each object, of that which is named first first, as many of each: again
     * from the first where there are fewer, and where there is no such object the token which
     * begins the caption}
     */
    long[] eachObject() {
        return eachObject;
    }

    /**
     * {@return the tokens at which the background is told, behind an object of its caption; if it
     * is not told the one which begins the caption}
     */
    long[] background() {
        return background;
    }

    /** {@return some of the padding that {@link #context} has} */
    long[] padding() {
        return padding;
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
            all.forEach(caption -> captions.add(caption.text()));
        }
        while (captions.size() % ROWS != 0) {
            captions.add("");
        }
        int length = SceneModels.clipTokens();
        Tokens tokens = Tokens.clip(captions.toArray(new String[0]), length);
        List<List<Mention>> mentions = new ArrayList<>();
        long[] objects = new long[told.size() * OBJECTS];
        long[] eachObject = new long[told.size() * Scene.MAX_OBJECTS * CAPTIONS];
        long[] background = new long[told.size() * BACKGROUND];
        long[] padding = new long[told.size() * PADDING];
        long[] context = new long[told.size() * 2 * length];
        int first = 0;
        for (int i = 0; i < told.size(); i++) {
            List<Caption> all = told.get(i);
            List<Mention> mentioned = mentions(scenes.get(i), all, first * length);
            mentions.add(mentioned);
            List<Integer> nothing = List.of(first * length);
            List<Integer> known = mentioned.stream().map(Mention::token).toList();
            repeat(known.isEmpty() ? nothing : known, objects, i * OBJECTS, OBJECTS);
            List<List<Integer>> byObject = byObject(mentioned);
            for (int k = 0; k < Scene.MAX_OBJECTS; k++) {
                int offset = (i * Scene.MAX_OBJECTS + k) * CAPTIONS;
                List<Integer> of = k < byObject.size() ? byObject.get(k) : nothing;
                repeat(of, eachObject, offset, CAPTIONS);
            }
            List<Integer> behind = background(tokens, mentioned);
            repeat(behind.isEmpty() ? nothing : behind, background, i * BACKGROUND, BACKGROUND);
            padding(tokens, first + all.size() - 1, padding, i * PADDING);
            // of a single caption all come twice
            repeat(context(tokens, first, all.size()), context, i * 2 * length, 2 * length);
            first += all.size();
        }
        return new Retold(
                tokens, List.copyOf(mentions), objects, eachObject, background, padding, context);
    }

    /** The tokens of each object that is named, in the order in which objects are named. */
    private static List<List<Integer>> byObject(List<Mention> mentions) {
        Map<Integer, List<Integer>> tokens = new LinkedHashMap<>();
        mentions.stream()
                .sorted(Comparator.comparingInt(Mention::token))
                .forEach(
                        mention ->
                                tokens.computeIfAbsent(mention.object(), o -> new ArrayList<>())
                                        .add(mention.token()));
        return List.copyOf(tokens.values());
    }

    private static List<Mention> mentions(Scene scene, List<Caption> captions, int first) {
        List<Mention> mentions = new ArrayList<>();
        int begin = first;
        for (Caption caption : captions) {
            int[] tokens = Mentions.tokens(scene, caption.text());
            for (int object = 0; object < tokens.length; object++) {
                if (tokens[object] >= 0) { // behind the one that begins the caption
                    int token = begin + 1 + tokens[object];
                    mentions.add(new Mention(object, token, caption.facts()));
                }
            }
            begin += SceneModels.clipTokens();
        }
        return List.copyOf(mentions);
    }

    /** What follows the last object of the caption that tells it. */
    private static List<Integer> background(Tokens tokens, List<Mention> mentions) {
        OptionalInt last =
                mentions.stream()
                        .filter(m -> m.facts().stream().anyMatch(Fact.Behind.class::isInstance))
                        .mapToInt(Mention::token)
                        .max();
        if (last.isEmpty()) {
            return List.of();
        }
        int caption = last.getAsInt() / SceneModels.clipTokens();
        int end = caption * SceneModels.clipTokens() + used(tokens, caption);
        return IntStream.range(last.getAsInt() + 1, end).boxed().toList();
    }

    private static void padding(Tokens tokens, int caption, long[] all, int offset) {
        int length = SceneModels.clipTokens();
        int used = Math.min(used(tokens, caption), length - 1);
        for (int i = 0; i < PADDING; i++) {
            all[offset + i] = (long) caption * length + used + i * (length - used) / PADDING;
        }
    }

    private static int used(Tokens tokens, int caption) {
        return (int) Arrays.stream(tokens.mask()[caption]).sum();
    }

    private static List<Integer> context(Tokens tokens, int first, int count) {
        int length = SceneModels.clipTokens();
        List<Integer> said = new ArrayList<>();
        for (int caption = first; caption < first + count; caption++) {
            boolean padded = caption == first + count - 1;
            int used = padded ? length : used(tokens, caption);
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
