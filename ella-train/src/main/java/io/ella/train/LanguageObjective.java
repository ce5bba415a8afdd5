package io.ella.train;

import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import io.ella.encoders.EncoderGraph;
import io.ella.tsc.TscConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The loss of a language model that is to understand what it reads. */
public final class LanguageObjective {
    /** Of the error of answers about a text, beside the cross-entropy of guesses. */
    private static final double READ_WEIGHT = 50;

    /** Of the cross-entropy of which object a word means. */
    private static final double MEANT_WEIGHT = 0.5;

    /** Of the cross-entropy of where a head looks. */
    private static final double LOOK_WEIGHT = 0.25;

    private static final String READ = "read_";
    private static final String READER = "reader";

    private LanguageObjective() {}

    /**
     * {@return the loss of a language model that guesses tokens, and of whose features a small
     * decoder is to tell what a text says of each object: mean cross-entropy, by the table of
     * embeddings, and, weighted, the mean squared error of the answers and the cross-entropy of
     * which object a word means}
     *
     * <p>Where the model also tells how some heads compare queries with keys, those learn to look
     * from one word to another, such as from a word that refers to an object to the word that named
     * it first: the cross-entropy of where they look, weighted, is added. That words have
     * antecedents, answers alone did not teach in thousands of updates (arXiv 2312.03626 teaches
     * attention in the same way).
     *
     * <p>Inputs: those of the text encoder; {@code targets}, INT64 [B·L], {@link
     * Op.CrossEntropy#IGNORED} where nothing is asked; those of the text encoder with {@code read_}
     * before their names and a batch R of their own; {@code told} [R, objects, answers], 1 for what
     * is said of an object, in the order in which they are named; {@code objects}, INT64 [R·L], the
     * number of the object that a token means, {@link Op.CrossEntropy#IGNORED} for most; for each
     * distinct name of {@code looks} an input of that name, INT64 [R·L], the number of the token to
     * look at from each, {@link Op.CrossEntropy#IGNORED} for those that may look anywhere. Outputs:
     * the loss, and what it is made of: the cross-entropy of the guesses, the error of the answers,
     * the cross-entropy of the objects, that of where heads look if any are taught. The decoder
     * serves training alone.
     *
     * @param text the model; its further outputs are scores of heads to teach
     * @param looks for each such head the input that says where it is to look
     * @param table its table of embeddings, as it names it
     * @param reader what the decoder is made of; as many of its tokens are each object's
     * @param objects of how many something is told at most
     * @param answers how many there are of each
     */
    public static Graph graph(
            EncoderGraph text,
            List<String> looks,
            String table,
            TscConfig reader,
            int objects,
            int answers) {
        return Graph.record(
                "language",
                g -> {
                    Value guessed = guesses(g, text, table);
                    Dim rows = Objectives.symbol(READ, Objectives.B);
                    List<Value> read =
                            Objectives.encodeAll(g, text, Objectives.TEXT_ENCODER, rows, READ);
                    Value wrong = answers(g, read.get(0), reader, objects, answers);
                    Value meant = meant(g, read.get(0), objects);
                    Value loss = guessed.add(wrong.mul(READ_WEIGHT)).add(meant.mul(MEANT_WEIGHT));
                    List<Value> scores = read.subList(1, read.size());
                    Map<String, Value> parts = new LinkedHashMap<>();
                    parts.put("guessed", guessed);
                    parts.put("answered", wrong);
                    parts.put("meant", meant);
                    if (!scores.isEmpty()) {
                        Value astray = looks(g, looks, scores);
                        parts.put("astray", astray);
                        loss = loss.add(astray.mul(LOOK_WEIGHT));
                    }
                    g.output("loss", loss);
                    parts.forEach(g::output);
                });
    }

    /**
     * How wrong it is which object each word means, as a linear layer reads it off the features.
     */
    private static Value meant(Recorder g, Value features, int objects) {
        Dim tokens = features.size(0).times(features.size(1));
        Value targets = g.input("objects", ElementType.INT64, tokens);
        long width = features.size(2).constant();
        Value layer = g.params().at(READER).tensor("objects", objects, width);
        Value logits = features.reshape(tokens, features.size(2)).linear(layer);
        return logits.toFloat32().crossEntropy(targets);
    }

    /** How far from where they are to look heads look, all together. */
    private static Value looks(Recorder g, List<String> looks, List<Value> scores) {
        Dim length = scores.get(0).size(1);
        Dim tokens = scores.get(0).size(0).times(length);
        Map<String, Value> targets = new LinkedHashMap<>();
        List<Value> errors = new ArrayList<>();
        for (int i = 0; i < scores.size(); i++) {
            Value target =
                    targets.computeIfAbsent(
                            looks.get(i), name -> g.input(name, ElementType.INT64, tokens));
            errors.add(scores.get(i).reshape(tokens, length).crossEntropy(target));
        }
        return errors.stream().reduce(Value::add).orElseThrow();
    }

    private static Value guesses(Recorder g, EncoderGraph text, String table) {
        Value features = Objectives.encode(g, text);
        Dim rows = features.size(0).times(features.size(1));
        Value targets = g.input("targets", ElementType.INT64, rows);
        long width = features.size(2).constant();
        long words =
                text.graph().parameters().stream()
                        .filter(p -> p.name().equals(table))
                        .findFirst()
                        .orElseThrow()
                        .shape()
                        .get(0);
        Value embeddings = g.params().at(Objectives.TEXT_ENCODER).tensor(table, words, width);
        // As T5 does where both tables are one, so that logits begin at about 1.
        Value scaled = features.mul(1 / Math.sqrt((double) width));
        Value logits = scaled.reshape(rows, features.size(2)).linear(embeddings);
        return logits.toFloat32().crossEntropy(targets);
    }

    /** How wrong they are. */
    private static Value answers(
            Recorder g, Value features, TscConfig reader, int objects, int answers) {
        Dim rows = features.size(0);
        Value tokens = g.inline(READER, reader.trainingGraph(), features).get(0);
        long width = (long) reader.width() * reader.numLatents() / objects;
        Value each = tokens.reshape(rows, Dim.of(objects), Dim.of(width));
        Value told = g.input("told", ElementType.FLOAT32, rows, Dim.of(objects), Dim.of(answers));
        Value answer = g.params().at(READER).tensor("answers", answers, width);
        return Objectives.meanSquare(each.linear(answer), told);
    }
}
