package io.ella.train.stages;

import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.encoders.EncoderGraph;
import io.ella.train.LanguageObjective;
import io.ella.train.TrainingTask;
import io.ella.train.scenes.Caption;
import io.ella.train.scenes.DenseCaption;
import io.ella.train.scenes.References;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneSampler;
import io.ella.train.scenes.SceneVocabulary;
import io.ella.train.scenes.ShortCaption;
import io.ella.train.scenes.Told;
import io.ella.tsc.Connector;
import io.ella.tsc.TscConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A language model learns from captions alone, in two ways. It guesses tokens: a Llama the next one
 * (arXiv 2302.13971), a T5 encoder corrupted spans (arXiv 1910.10683, section 3.1.4); there being
 * no decoder, each token of a span is replaced by the span's sentinel, and guessed where it stood.
 * And it learns to understand what it reads, which is asked through a small decoder (as the
 * original T5 learned from tasks that ask about a text beside spans, section 3.5.2): whose a place
 * or a colour is, guesses hardly ask. Which object a noun means is asked of its features alone, and
 * a T5 is shown which word each reference goes back to.
 */
final class LanguageTask implements TrainingTask {
    private static final double CORRUPTED = 0.2;
    private static final int SPAN = 3;
    private static final double DENSE = 0.8;

    /**
     * Where the first head of some of the T5's blocks is taught to look: from references to the
     * nouns before them, then to what is said of whom.
     */
    private static final SortedMap<Integer, Look> LOOKS =
            Collections.unmodifiableSortedMap(
                    new TreeMap<>(
                            Map.of(1, Look.ANTECEDENTS, 2, Look.ANTECEDENTS, 3, Look.PARTNERS)));

    /** Of the small decoder. */
    private static final int READER_BLOCKS = 2;

    /** Its queries for each object. */
    private static final int QUERIES = 4;

    /** Where a head looks. */
    private enum Look {
        ANTECEDENTS,
        PARTNERS;

        int[] from(References references) {
            return switch (this) {
                case ANTECEDENTS -> references.antecedents();
                case PARTNERS -> references.partners();
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final EncoderGraph text;
    private final boolean causal;
    private final SceneSampler scenes;
    private final int batch;
    private final List<Look> looks;
    private final Graph graph;

    private LanguageTask(
            EncoderGraph text,
            List<Look> looks,
            String table,
            boolean causal,
            SceneSampler scenes,
            int batch) {
        this.text = text;
        this.causal = causal;
        this.scenes = scenes;
        this.batch = batch;
        TscConfig own = Variant.ADALN.config();
        TscConfig reader =
                new TscConfig(
                        Connector.RESAMPLER,
                        0,
                        0,
                        own.width(),
                        READER_BLOCKS,
                        own.heads(),
                        QUERIES * Scene.MAX_OBJECTS,
                        own.inputDim());
        this.looks = looks;
        this.graph =
                LanguageObjective.graph(
                        text,
                        looks.stream().map(Look::toString).toList(),
                        table,
                        reader,
                        Scene.MAX_OBJECTS,
                        Told.ANSWERS);
    }

    /**
     * {@return the task of the T5 encoder}
     *
     * @param batch how many captions it is asked about; it guesses in half as many others
     */
    static LanguageTask t5(SceneSampler scenes, int batch) {
        List<Integer> blocks = List.copyOf(LOOKS.keySet());
        List<Look> looks = List.copyOf(LOOKS.values());
        return new LanguageTask(
                SceneModels.t5(blocks), looks, "shared.weight", false, scenes, batch);
    }

    /** {@return the same of the Llama} */
    static LanguageTask llama(SceneSampler scenes, int batch) {
        return new LanguageTask(
                SceneModels.llama(), List.of(), "embed_tokens.weight", true, scenes, batch);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public List<Tensor> batch(Torch torch, long number) {
        List<Tensor> inputs = guesses(torch, number);
        inputs.addAll(answers(torch, number));
        return inputs;
    }

    private List<Tensor> guesses(Torch torch, long number) {
        SplittableRandom random = new SplittableRandom(number);
        String[] captions = new String[Math.max(1, batch / 2)];
        for (int i = 0; i < captions.length; i++) {
            Scene scene = scenes.scene(number * captions.length + i);
            captions[i] = caption(random, scene).text();
        }
        Tokens tokens = tokens(captions);
        long[] targets = causal ? next(tokens) : spans(random, tokens);
        List<Tensor> inputs = new ArrayList<>(text.inputs(torch, tokens.ids(), tokens.mask()));
        inputs.add(torch.tensor(targets, targets.length));
        return inputs;
    }

    private List<Tensor> answers(Torch torch, long number) {
        SplittableRandom random = new SplittableRandom(~number);
        String[] captions = new String[batch];
        List<References> references = new ArrayList<>();
        int each = Scene.MAX_OBJECTS * Told.ANSWERS;
        float[] answers = new float[batch * each];
        for (int i = 0; i < batch; i++) {
            Scene scene = scenes.scene(~(number * batch + i)); // others than those guessed in
            Caption caption = caption(random, scene);
            captions[i] = caption.text();
            references.add(References.of(caption));
            Told.of(caption.facts(), answers, i * each);
        }
        Tokens tokens = tokens(captions);
        List<Tensor> inputs = new ArrayList<>(text.inputs(torch, tokens.ids(), tokens.mask()));
        inputs.add(torch.tensor(answers, batch, Scene.MAX_OBJECTS, Told.ANSWERS));
        List<Function<References, int[]>> asked = new ArrayList<>(List.of(References::objects));
        new LinkedHashSet<>(looks).forEach(look -> asked.add(look::from));
        for (Function<References, int[]> numbers : asked) {
            long[] targets = targets(tokens, references.stream().map(numbers).toList());
            inputs.add(torch.tensor(targets, targets.length));
        }
        return inputs;
    }

    /** {@return a number for each token; nothing is asked where it is -1} */
    static long[] targets(Tokens tokens, List<int[]> numbers) {
        long[] targets = ignored(tokens);
        int length = tokens.ids()[0].length;
        for (int i = 0; i < numbers.size(); i++) {
            int[] row = numbers.get(i);
            for (int j = 0; j < Math.min(length, row.length); j++) {
                if (row[j] >= 0) {
                    targets[i * length + j] = row[j];
                }
            }
        }
        return targets;
    }

    private Tokens tokens(String[] captions) {
        int most = SceneModels.DENSE_TOKENS;
        return (causal ? Tokens.llama(captions, most) : Tokens.t5(captions, most)).trimmed();
    }

    /** {@return a dense caption, or now and then a short one} */
    private static Caption caption(SplittableRandom random, Scene scene) {
        long seed = random.nextLong();
        return random.nextDouble() < DENSE
                ? DenseCaption.of(scene, seed)
                : ShortCaption.of(scene, seed);
    }

    /** {@return what comes after each token} */
    static long[] next(Tokens tokens) {
        long[] targets = ignored(tokens);
        int length = tokens.ids()[0].length;
        for (int i = 0; i < tokens.ids().length; i++) {
            int used = (int) Arrays.stream(tokens.mask()[i]).sum();
            System.arraycopy(tokens.ids()[i], 1, targets, i * length, used - 1);
            targets[i * length + used - 1] = SceneVocabulary.EOS;
        }
        return targets;
    }

    /** {@return what was there, after some of the tokens have been corrupted} */
    private static long[] spans(SplittableRandom random, Tokens tokens) {
        long[] targets = ignored(tokens);
        int length = tokens.ids()[0].length;
        for (int i = 0; i < tokens.ids().length; i++) {
            int used = (int) Arrays.stream(tokens.mask()[i]).sum();
            corrupt(random, tokens.ids()[i], used - 1, targets, i * length);
        }
        return targets;
    }

    private static long[] ignored(Tokens tokens) {
        long[] targets = new long[tokens.ids().length * tokens.ids()[0].length];
        Arrays.fill(targets, Op.CrossEntropy.IGNORED);
        return targets;
    }

    /** Replaces spans among the first {@code used} ids and asks for what was there. */
    static void corrupt(SplittableRandom random, long[] ids, int used, long[] targets, int offset) {
        int spans = Math.max(1, (int) Math.round(used * CORRUPTED / SPAN));
        for (int s = 0; s < Math.min(spans, SceneVocabulary.SENTINELS); s++) {
            int length = random.nextInt(1, 2 * SPAN);
            int from = random.nextInt(Math.max(1, used - length + 1));
            for (int i = from; i < Math.min(used, from + length); i++) {
                if (targets[offset + i] == Op.CrossEntropy.IGNORED) {
                    targets[offset + i] = ids[i];
                    ids[i] = SceneVocabulary.sentinel(s);
                }
            }
        }
    }
}
