package io.ella.train;

import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import io.ella.encoders.EncoderGraph;
import io.ella.tsc.TscConfig;

/** The loss of a language model that is to understand what it reads. */
public final class LanguageObjective {
    /** Of the error of answers about a text, beside the cross-entropy of guesses. */
    private static final double READ_WEIGHT = 50;

    private static final String READ = "read_";
    private static final String READER = "reader";

    private LanguageObjective() {}

    /**
     * {@return the loss of a language model that guesses tokens, and of whose features a small
     * decoder is to tell what a text says of each object: mean cross-entropy, by the table of
     * embeddings, and, weighted, the mean squared error of the answers}
     *
     * <p>Inputs: those of the text encoder; {@code targets}, INT64 [B·L], {@link
     * Op.CrossEntropy#IGNORED} where nothing is asked; those of the text encoder with {@code read_}
     * before their names and a batch R of their own; {@code told} [R, objects, answers], 1 for what
     * is said of an object, in the order in which they are named. Outputs: loss, cross-entropy,
     * error of the answers. The decoder serves training alone.
     *
     * @param text the model
     * @param table its table of embeddings, as it names it
     * @param reader what the decoder is made of; as many of its tokens are each object's
     * @param objects of how many something is told at most
     * @param answers how many there are of each
     */
    public static Graph graph(
            EncoderGraph text, String table, TscConfig reader, int objects, int answers) {
        return Graph.record(
                "language",
                g -> {
                    Value guessed = guesses(g, text, table);
                    Value wrong = answers(g, text, reader, objects, answers);
                    g.output("loss", guessed.add(wrong.mul(READ_WEIGHT)));
                    g.output("guessed", guessed);
                    g.output("answered", wrong);
                });
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
            Recorder g, EncoderGraph text, TscConfig reader, int objects, int answers) {
        Dim rows = Objectives.symbol(READ, Objectives.B);
        Value features = Objectives.encode(g, text, Objectives.TEXT_ENCODER, rows, READ);
        Value tokens = g.inline(READER, reader.trainingGraph(), features).get(0);
        long width = (long) reader.width() * reader.numLatents() / objects;
        Value each = tokens.reshape(rows, Dim.of(objects), Dim.of(width));
        Value told = g.input("told", ElementType.FLOAT32, rows, Dim.of(objects), Dim.of(answers));
        Value answer = g.params().at(READER).tensor("answers", answers, width);
        return Objectives.meanSquare(each.linear(answer), told);
    }
}
