package io.ella.train;

import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.Op;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import io.ella.encoders.EncoderGraph;
import io.ella.tsc.TscConfig;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.LatentDecoder;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import io.ella.unet.VaeConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The losses, as graphs that put the models together. The parameters of each model are below a name
 * of its own: {@code vae}, {@code unet}, {@code text_encoder}, {@code tsc}.
 */
public final class Objectives {
    /** The names of the models in the graphs. */
    public static final String VAE = "vae";

    /** The denoising network. */
    public static final String UNET = "unet";

    /** What makes features of token ids. */
    public static final String TEXT_ENCODER = "text_encoder";

    /** The denoising network's own text encoder, beside {@link #TEXT_ENCODER}. */
    public static final String CLIP = "clip";

    /** The connector. */
    public static final String TSC = "tsc";

    /** A decoder for previews, in place of the autoencoder's. */
    public static final String TINY_VAE = "tiny_vae";

    /** What tells from the denoising network's features what is where. */
    public static final String MAPS = "maps";

    /** Of the maps' error, beside that of the prediction. */
    private static final double MAPS_WEIGHT = 50;

    /** Of what tokens do not know of their objects, beside the prediction's error. */
    private static final double WORDS_WEIGHT = 10;

    /** Of where attention to tokens is not where their objects are, beside that. */
    private static final double ATTENTION_WEIGHT = 50;

    /** Of what no token says, beside what is heard wrong. */
    private static final double ALIGNED_WEIGHT = 3;

    /** Of how far the prediction is from the teacher's, beside that. */
    private static final double PREDICTED_WEIGHT = 4;

    /** Of the likeness of tokens, before its softmax. */
    private static final double ALIKE = 0.25;

    /** The same, where it is to be one and not what lies between two. */
    private static final double MOST_ALIKE = 1;

    private static final double LAYER_NORM_EPS = 1e-5;

    private static final Pattern PROJECTION = Pattern.compile(".*\\.attn2\\.to_[kv]\\.weight");

    private static final String TAUGHT = "taught_";

    static final Dim B = Dim.symbol("B");
    private static final Dim H = Dim.symbol("H");
    private static final Dim W = Dim.symbol("W");

    private Objectives() {}

    /**
     * {@return whether a parameter of these graphs is the connector's, which learns alone where
     * there is one}
     *
     * @param parameter its name in the graph
     */
    public static boolean isOfConnector(String parameter) {
        return parameter.startsWith(TSC + ".");
    }

    /**
     * {@return the loss of an autoencoder: mean absolute and mean squared error of the decoded
     * image, weighted, and the Kullback–Leibler divergence of the latent from a standard normal one
     * (per element)}
     *
     * <p>Inputs: {@code image} [B, 3, s·H, s·W] in [-1, 1]; {@code weight} [B, 1, s·H, s·W], how
     * much each pixel counts; {@code noise} [B, latentChannels, H, W]. Outputs: loss, mean absolute
     * error, divergence.
     *
     * @param config what the model is made of
     * @param divergence the weight of the divergence
     * @param noise the deviation of noise that is added to the latent beside its own
     */
    public static Graph autoencoder(VaeConfig config, double divergence, double noise) {
        long s = config.scale();
        return Graph.record(
                "autoencoder",
                g -> {
                    Value image =
                            g.input(
                                    "image",
                                    B,
                                    Dim.of(config.inChannels()),
                                    H.times(s),
                                    W.times(s));
                    Value weight = weight(g, s);
                    Value normal = g.input("noise", B, Dim.of(config.latentChannels()), H, W);
                    List<Value> moments = g.inline(VAE, AutoencoderKL.encoder(config), image);
                    Value mean = moments.get(0);
                    Value deviation = moments.get(1).mul(0.5).unary(Op.UnaryFunction.EXP);
                    Value latent = mean.add(deviation.add(noise).mul(normal));
                    Value decoded = g.inline(VAE, AutoencoderKL.decoder(config), latent).get(0);

                    Value error = decoded.toFloat32().sub(image.toFloat32());
                    Value absolute = absolute(error, weight);
                    Value kl = divergence(mean.toFloat32(), moments.get(1).toFloat32());
                    g.output("loss", absolute.add(square(error, weight)).add(kl.mul(divergence)));
                    g.output("absolute", absolute);
                    g.output("divergence", kl);
                });
    }

    /**
     * {@return the loss of a decoder that learns what latents are the pictures of: mean absolute
     * and mean squared error, weighted}
     *
     * <p>Inputs: {@code latent} [B, latentChannels, H, W], as the decoder takes it; {@code image}
     * [B, 3, s·H, s·W] in [-1, 1]; {@code weight} [B, 1, s·H, s·W], how much each pixel counts.
     * Outputs: loss, mean absolute error.
     *
     * @param decoder what learns
     */
    public static Graph decoder(LatentDecoder decoder) {
        long s = decoder.scale();
        return Graph.record(
                "decoder",
                g -> {
                    Value latent = g.input("latent", B, Dim.of(decoder.latentChannels()), H, W);
                    Value image = g.input("image", B, Dim.of(3), H.times(s), W.times(s));
                    Value weight = weight(g, s);
                    Value decoded = g.inline(TINY_VAE, decoder.graph(), latent).get(0);
                    Value error = decoded.toFloat32().sub(image.toFloat32());
                    Value absolute = absolute(error, weight);
                    g.output("loss", absolute.add(square(error, weight)));
                    g.output("absolute", absolute);
                });
    }

    /** How much each pixel counts, of which a latent stands for s in each direction. */
    private static Value weight(Recorder g, long s) {
        return g.input("weight", ElementType.FLOAT32, B, Dim.of(1), H.times(s), W.times(s));
    }

    private static Value absolute(Value error, Value weight) {
        return error.unary(Op.UnaryFunction.ABS).mul(weight).mean();
    }

    private static Value square(Value error, Value weight) {
        return error.unary(Op.UnaryFunction.SQUARE).mul(weight).mean();
    }

    private static Value divergence(Value mean, Value logVariance) {
        Value square = mean.unary(Op.UnaryFunction.SQUARE);
        Value variance = logVariance.unary(Op.UnaryFunction.EXP);
        return square.add(variance).sub(logVariance).add(-1).mul(0.5).mean();
    }

    /**
     * {@return the loss of a denoising network that reads a text encoder's hidden states: mean
     * squared error of the prediction}
     *
     * <p>Inputs: {@code timestep} [B]; {@code sample} and {@code target} [B, channels, H, W] as
     * {@link io.ella.core.scheduler.ForwardProcess} makes them; then those of the text encoder.
     *
     * @param config what the network is made of
     * @param text what makes its context
     */
    public static Graph denoising(UNetConfig config, EncoderGraph text) {
        return Graph.record(
                "denoising",
                g -> {
                    Denoising inputs = Denoising.declare(g, config);
                    Value context = encode(g, text);
                    g.output("loss", inputs.loss(g, config, context));
                });
    }

    /**
     * {@return the loss of a denoising network that also tells what is where in the clean picture,
     * and looks where an object is at a token that knows what is said of it: to that of {@link
     * #denoising(UNetConfig, EncoderGraph)} come, weighted, the mean squared errors of maps that a
     * convolution of its last features gives, of the words that a linear layer tells from the
     * tokens' features, and of the attention to the tokens from the cover of their objects}
     *
     * <p>An image's error hardly shows whether a small object has the shape that the caption names,
     * or another object's; these do. (As arXiv 2410.06940 aligns features with those of another
     * network, here with what is known of the picture, and as arXiv 2312.03626 grounds the
     * attention of a trained network.) The convolution and the layer serve training alone.
     *
     * <p>Of a scene several captions may be told at once: the network attends to the tokens of all.
     *
     * <p>Inputs: {@code timestep}, {@code sample} and {@code target} as there; {@code maps} [B,
     * maps, H, W], and {@code weight} [B, 1, H, W], how much the errors of prediction and maps
     * count at each place; those of the text encoder, with {@code clip_} before their names and a
     * batch of their own, C captions; {@code objects}, INT64 [B, O], which of its tokens know an
     * object, counted over all captions, and {@code words} [B, O, words], 1 for what is said of it
     * there; {@code context}, INT64 [B, S], which of them are a row's context, and {@code tokens}
     * [B, N, S], 1 for those that know an object; for each layer that is watched {@code covers}
     * with its number [B, N, H·W], how much of each place of that layer the object covers. Outputs:
     * loss, error of the prediction, of the maps, of the words, of the attention.
     *
     * @param config what the network is made of
     * @param maps how many there are
     * @param words how many there are
     * @param text what makes its context
     * @param watched names of the cross-attentions, one at least
     */
    public static Graph grounded(
            UNetConfig config, int maps, int words, EncoderGraph text, List<String> watched) {
        return Graph.record(
                "grounded",
                g -> {
                    Denoising inputs = Denoising.declare(g, config);
                    Picture there = Picture.declare(g, maps);
                    Value told = tokens(g, text, TEXT_ENCODER, "");
                    Value known = picked(g, "", "objects", B, "O", told);
                    Dim mentions = known.size(1);
                    Value said = g.input("words", ElementType.FLOAT32, B, mentions, Dim.of(words));
                    long width = told.size(1).constant();
                    Value table = g.params().at(MAPS).tensor("words", words, width);
                    Value telling = meanSquare(known.linear(table), said);
                    Value context = context(g, "", B, told);
                    List<Value> outputs = inputs.network(g, config, context, watched);
                    Loss loss = inputs.lossWithMaps(g, outputs, there);
                    Dim objects = Dim.symbol("N");
                    Value tokens =
                            g.input("tokens", ElementType.FLOAT32, B, objects, context.size(1));
                    List<Value> errors = new ArrayList<>();
                    for (int i = 0; i < watched.size(); i++) {
                        Value weights = outputs.get(2 + i).transpose(1, 2);
                        Value looks = tokens.matmul(weights);
                        Dim cells = looks.size(2);
                        Value covers =
                                g.input("covers" + i, ElementType.FLOAT32, B, objects, cells);
                        errors.add(meanSquare(looks, covers));
                    }
                    Value attention = mean(errors);
                    Value grounds = telling.mul(WORDS_WEIGHT).add(attention.mul(ATTENTION_WEIGHT));
                    g.output("loss", loss.total().add(grounds));
                    g.output("denoising", loss.prediction());
                    g.output("maps", loss.maps());
                    g.output("words", telling);
                    g.output("attention", attention);
                });
    }

    /** What is where, and how much each place counts. */
    private record Picture(Value maps, Value weight) {
        static Picture declare(Recorder g, int maps) {
            return new Picture(
                    g.input("maps", ElementType.FLOAT32, B, Dim.of(maps), H, W),
                    g.input("weight", ElementType.FLOAT32, B, Dim.of(1), H, W));
        }
    }

    private static Value mean(List<Value> errors) {
        return errors.stream().reduce(Value::add).orElseThrow().mul(1.0 / errors.size());
    }

    static Value meanSquare(Value is, Value wanted) {
        return is.toFloat32().sub(wanted).unary(Op.UnaryFunction.SQUARE).mean();
    }

    private static Value meanSquare(Value is, Value wanted, Value weight) {
        return is.toFloat32().sub(wanted).unary(Op.UnaryFunction.SQUARE).mul(weight).mean();
    }

    /**
     * {@return the loss of a denoising network alone, for a context that is there already}
     *
     * <p>Inputs: {@code timestep}, {@code sample} and {@code target} as those of {@link
     * #denoising(UNetConfig, EncoderGraph)}; for SDXL {@code pooled} [B, pooledDim] and {@code
     * time_ids} [B, 6]; {@code context} [B, S, crossAttentionDim].
     *
     * @param config what the network is made of
     */
    public static Graph denoising(UNetConfig config) {
        return Graph.record(
                "denoising",
                g -> {
                    Denoising inputs = Denoising.declare(g, config);
                    Dim width = Dim.of(config.crossAttentionDim());
                    Value context = g.input("context", B, Dim.symbol("S"), width);
                    g.output("loss", inputs.loss(g, config, context));
                });
    }

    /**
     * {@return the loss of a connector between a text encoder and a denoising network: that of the
     * network (arXiv 2403.05135, section 3.1)}
     *
     * <p>Inputs as those of {@link #denoising(UNetConfig, EncoderGraph)}.
     *
     * @param config what the network is made of
     * @param connector what the connector is made of
     * @param text what makes its text
     */
    public static Graph connector(UNetConfig config, TscConfig connector, EncoderGraph text) {
        return Graph.record(
                "connector",
                g -> {
                    Denoising inputs = Denoising.declare(g, config);
                    Value queries = connect(g, connector, inputs.timestep(), encode(g, text));
                    g.output("loss", inputs.loss(g, config, queries));
                });
    }

    /**
     * {@return the loss of a connector in front of a denoising network that has learned to tell
     * what is where: that of {@link #grounded} but for words and attention, and for other captions
     * that of {@link #distillation}, so that it does not forget what the network makes of them}
     *
     * <p>Inputs: those of {@link #denoising(UNetConfig, EncoderGraph)}, with {@code maps} and
     * {@code weight} behind {@code target}; those of the latter, with {@code taught_} before their
     * names and a batch of their own. Outputs: loss, error of the prediction, error of the maps,
     * loss of the latter.
     *
     * @param objects of how many something is told at most
     * @param config what the network is made of
     * @param maps how many the network tells
     * @param connector what the connector is made of
     * @param text what makes its text
     * @param clip the network's own text encoder
     */
    public static Graph connector(
            int objects,
            UNetConfig config,
            int maps,
            TscConfig connector,
            EncoderGraph text,
            EncoderGraph clip) {
        return Graph.record(
                "connector",
                g -> {
                    Denoising inputs = Denoising.declare(g, config);
                    Picture there = Picture.declare(g, maps);
                    Value queries = connect(g, connector, inputs.timestep(), encode(g, text));
                    Loss pictures =
                            inputs.lossWithMaps(g, inputs.network(g, config, queries), there);
                    Value taught =
                            distil(g, TAUGHT, objects, config, connector, text, clip).total();
                    g.output("loss", pictures.total().add(taught));
                    g.output("denoising", pictures.prediction());
                    g.output("maps", pictures.maps());
                    g.output("taught", taught);
                });
    }

    /**
     * {@return the loss of a connector for features that are there already}
     *
     * <p>Inputs: those of {@link #denoising(UNetConfig)}, with {@code text} [B, L, inputDim] in
     * place of {@code context}.
     *
     * @param config what the network is made of
     * @param connector what the connector is made of
     */
    public static Graph connector(UNetConfig config, TscConfig connector) {
        return Graph.record(
                "connector",
                g -> {
                    Denoising inputs = Denoising.declare(g, config);
                    Value text = g.input("text", B, Dim.symbol("L"), Dim.of(connector.inputDim()));
                    Value queries = connect(g, connector, inputs.timestep(), text);
                    g.output("loss", inputs.loss(g, config, queries));
                });
    }

    /**
     * {@return the loss of a connector that is to say what some tokens of a denoising network's own
     * text encoder say: mean squared error of the keys and values that each of the network's
     * cross-attentions makes of those, as a part of their own mean square}
     *
     * <p>Each object has as many of the connector's tokens for itself, in the order in which
     * objects are told, a fifth of all; so who says something of an object must know which one it
     * is. The next fifth is the background's, the rest is what stands behind a caption: the network
     * attends to that where there is nothing, so it is to be there as well. Which token of those
     * says what is for the connector to choose: what is compared is the sum of all, weighted by how
     * alike they are to the token that is wanted (the softmax of a fourth of the product of both,
     * normalized), so that nearly always one counts. And what any of them says must be among what
     * is wanted there: each is compared with the one that is most alike. Without, a connector that
     * does not know which of two objects is on the left says it of both, and is right. A connector
     * without queries has no token for an object: any may say all.
     *
     * <p>Inputs: {@code timestep} [B]; those of the text encoder; those of the other one, with
     * {@code clip_} before their names and a batch of their own, C captions; which of its tokens,
     * counted over all captions, are to be said of each object, {@code objects}, INT64 [B, objects,
     * M], of what is behind them, {@code background}, INT64 [B, G], and behind a caption, {@code
     * padding}, INT64 [B, P].
     *
     * @param objects of how many something is told at most
     * @param config what the network is made of
     * @param connector what the connector is made of; of queries none, or two for each object at
     *     least
     * @param text what makes its text
     * @param clip the network's own text encoder
     */
    public static Graph alignment(
            int objects,
            UNetConfig config,
            TscConfig connector,
            EncoderGraph text,
            EncoderGraph clip) {
        return Graph.record(
                "alignment",
                g -> {
                    Value timestep = g.input("timestep", ElementType.FLOAT32, B);
                    Value queries = connect(g, connector, timestep, encode(g, text));
                    Asked asked = Asked.declare(g, "", B, objects, tokens(g, clip, CLIP, ""));
                    List<Misaligned> misaligned = Misaligned.of(connector, queries, asked);
                    g.output("loss", Misaligned.heard(misaligned, g, config));
                });
    }

    /** What is to be said of each object [B, objects, M, D], and beside them [B, M, D]. */
    private record Asked(Value objects, Value background, Value padding) {

        /** Inputs have the prefix before their names. */
        static Asked declare(Recorder g, String prefix, Dim rows, int objects, Value tokens) {
            Dim each = symbol(prefix, Dim.symbol("M"));
            return new Asked(
                    g.input(prefix + "objects", ElementType.INT64, rows, Dim.of(objects), each)
                            .embedding(tokens),
                    picked(g, prefix, "background", rows, "G", tokens),
                    picked(g, prefix, "padding", rows, "P", tokens));
        }

        Value all() {
            Dim each = objects.size(2).times(objects.size(1).constant());
            return objects.reshape(objects.size(0), each, objects.size(3))
                    .concat(1, background, padding);
        }
    }

    /** Tokens that are not what they are to be, and those. */
    private record Misaligned(Value are, Value wanted) {

        static List<Misaligned> of(TscConfig connector, Value queries, Asked asked) {
            long count = connector.numLatents();
            if (count == 0) {
                return between(queries, asked.all());
            }
            long objects = asked.objects().size(1).constant();
            Dim rows = queries.size(0).times(objects);
            Dim width = queries.size(2);
            long own = Math.max(1, count / 5 / objects);
            long owned = own * objects;
            long behind = count / 5;
            List<Misaligned> all = new ArrayList<>();
            all.addAll(
                    between(
                            slice(queries, 0, owned).reshape(rows, Dim.of(own), width),
                            asked.objects().reshape(rows, asked.objects().size(2), width)));
            all.addAll(between(slice(queries, owned, behind), asked.background()));
            long used = owned + behind;
            all.addAll(between(slice(queries, used, count - used), asked.padding()));
            return all;
        }

        private static Value slice(Value queries, long first, long count) {
            return queries.slice(1, Dim.of(first), Dim.of(count));
        }

        /** What some tokens do not say of what they are asked, and what they say beside that. */
        private static List<Misaligned> between(Value some, Value asked) {
            return List.of(
                    new Misaligned(mostAlike(asked, some, ALIKE), asked),
                    new Misaligned(some, mostAlike(some, asked, MOST_ALIKE)));
        }

        /** The error of the keys and values that a network makes of them, summed over all. */
        static Value heard(List<Misaligned> all, Recorder g, UNetConfig config) {
            List<Value> errors = new ArrayList<>();
            for (ParameterSpec spec : UNet2DConditionModel.trainingGraph(config).parameters()) {
                if (PROJECTION.matcher(spec.name()).matches()) {
                    long[] shape = spec.shape().stream().mapToLong(Long::longValue).toArray();
                    Value projection = g.params().at(UNET).tensor(spec.name(), shape);
                    for (Misaligned each : all) {
                        Value is = each.are.linear(projection);
                        errors.add(relative(is, each.wanted.linear(projection)));
                    }
                }
            }
            return mean(errors).mul(all.size());
        }
    }

    /** Of some tokens those among others that are the most alike. */
    private static Value mostAlike(Value some, Value others, double sharpness) {
        Value alike = normalized(some).matmul(normalized(others).transpose(1, 2));
        return alike.mul(sharpness).toFloat32().softmax(-1).toCompute().matmul(others);
    }

    private static Value normalized(Value tokens) {
        return tokens.layerNorm(LAYER_NORM_EPS);
    }

    /** All tokens that the network's own text encoder makes of all captions, [C·L, D]. */
    private static Value tokens(Recorder g, EncoderGraph text, String place, String prefix) {
        Dim captions = symbol(prefix, Dim.symbol("C"));
        Value tokens = encode(g, text, place, captions, prefix + CLIP + "_");
        return tokens.reshape(captions.times(tokens.size(1)), tokens.size(2));
    }

    /** Those of them that a denoising network is given, for each row. */
    private static Value context(Recorder g, String prefix, Dim rows, Value tokens) {
        return picked(g, prefix, "context", rows, "S", tokens);
    }

    /** Those of them that an input names, for each row. */
    private static Value picked(
            Recorder g, String prefix, String name, Dim rows, String size, Value tokens) {
        Dim count = symbol(prefix, Dim.symbol(size));
        return g.input(prefix + name, ElementType.INT64, rows, count).embedding(tokens);
    }

    /**
     * {@return the loss of a connector that is to be to a denoising network what the network's own
     * text encoder is: while the network goes on with the encoder's tokens, each of its
     * cross-attentions is also given the connector's; the mean squared error of what it hears, as a
     * part of the mean square of what it is to hear, the mean over all of them; and, weighted, the
     * loss of {@link #alignment} and the same error of what the network predicts when it goes on
     * with the connector's}
     *
     * <p>Tokens are not compared by their order, which the network does not know. Nor is noise
     * guessed, so that a batch says more of a caption than one of {@link #connector(UNetConfig,
     * TscConfig, EncoderGraph)} does. The prediction is all that counts in the end, but from it
     * alone nothing would be learned for long: errors hardly find their way back through the
     * network.
     *
     * <p>Inputs: {@code timestep} [B]; {@code sample} [B, channels, H, W]; those of the text
     * encoder; those of the other one, with {@code clip_} before their names and a batch of their
     * own, C captions; {@code objects}, {@code background} and {@code padding} as those of {@link
     * #alignment}, and {@code context}, INT64 [B, S], which of its tokens are a row's context,
     * counted over all captions. Outputs: loss, what is heard wrong, what is not said, what is
     * predicted otherwise.
     *
     * @param objects of how many something is told at most
     * @param config what the network is made of
     * @param connector what the connector is made of
     * @param text what makes its text
     * @param clip the network's own text encoder
     */
    public static Graph distillation(
            int objects,
            UNetConfig config,
            TscConfig connector,
            EncoderGraph text,
            EncoderGraph clip) {
        return Graph.record(
                "distillation",
                g -> {
                    Taught taught = distil(g, "", objects, config, connector, text, clip);
                    g.output("loss", taught.total());
                    g.output("heard", taught.heard());
                    g.output("aligned", taught.aligned());
                    g.output("predicted", taught.predicted());
                });
    }

    /** Inputs have the prefix before their names. */
    private static Taught distil(
            Recorder g,
            String prefix,
            int objects,
            UNetConfig config,
            TscConfig connector,
            EncoderGraph text,
            EncoderGraph clip) {
        Dim rows = symbol(prefix, B);
        Value timestep = g.input(prefix + "timestep", ElementType.FLOAT32, rows);
        Value sample = g.input(prefix + "sample", rows, Dim.of(config.inChannels()), H, W);
        Value features = encode(g, text, TEXT_ENCODER, rows, prefix);
        Value queries = connect(g, connector, timestep, features);
        Value told = tokens(g, clip, CLIP, prefix);
        Asked asked = Asked.declare(g, prefix, rows, objects, told);
        Value context = context(g, prefix, rows, told);
        Graph hearing = UNet2DConditionModel.hearingGraph(config);
        List<Value> heard = g.inline(UNET, hearing, timestep, sample, context, queries);
        int last = heard.size() - 1;
        List<Value> errors = new ArrayList<>();
        for (int i = 0; i < last; i += 2) {
            errors.add(relative(heard.get(i + 1), heard.get(i)));
        }
        Graph network = UNet2DConditionModel.trainingGraph(config);
        Value prediction = g.inline(UNET, network, timestep, sample, queries).get(0);
        return new Taught(
                mean(errors),
                Misaligned.heard(Misaligned.of(connector, queries, asked), g, config),
                relative(prediction, heard.get(last)));
    }

    /** How far a connector is from its teacher, in what comes of it one after another. */
    private record Taught(Value heard, Value aligned, Value predicted) {
        Value total() {
            return heard.add(aligned.mul(ALIGNED_WEIGHT)).add(predicted.mul(PREDICTED_WEIGHT));
        }
    }

    /** That of a prediction and of maps, together. */
    private record Loss(Value total, Value prediction, Value maps) {}

    private static Value relative(Value is, Value wanted) {
        Value exact = wanted.toFloat32();
        return meanSquare(is, exact).div(exact.unary(Op.UnaryFunction.SQUARE).mean());
    }

    private static Value connect(Recorder g, TscConfig connector, Value timestep, Value text) {
        Graph graph = connector.trainingGraph();
        return connector.connector().isTimeAware()
                ? g.inline(TSC, graph, text, timestep).get(0)
                : g.inline(TSC, graph, text).get(0);
    }

    /** Declares the encoder's inputs and takes its first output. */
    static Value encode(Recorder g, EncoderGraph text) {
        return encode(g, text, TEXT_ENCODER, B, "");
    }

    /** Inputs and the length of the text have the prefix before their names. */
    static Value encode(Recorder g, EncoderGraph text, String place, Dim rows, String prefix) {
        return encodeAll(g, text, place, rows, prefix).get(0);
    }

    /** The same; all outputs. */
    static List<Value> encodeAll(
            Recorder g, EncoderGraph text, String place, Dim rows, String prefix) {
        List<Value> inputs = new ArrayList<>();
        for (Value input : text.graph().inputs()) {
            Dim[] shape =
                    input.shape().stream()
                            .map(d -> d.equals(B) ? rows : d)
                            .map(d -> d.isConstant() || d.equals(rows) ? d : symbol(prefix, d))
                            .toArray(Dim[]::new);
            inputs.add(g.input(prefix + ((Op.Input) input.op()).name(), input.type(), shape));
        }
        return g.inline(place, text.graph(), inputs.toArray(new Value[0]));
    }

    /** Sizes have letters and digits alone. */
    static Dim symbol(String prefix, Dim size) {
        return Dim.symbol(prefix.replace("_", "") + size);
    }

    /** What every loss of a denoising network reads. */
    private record Denoising(Value timestep, Value sample, Value target, List<Value> xl) {
        static Denoising declare(Recorder g, UNetConfig config) {
            Dim[] shape = {B, Dim.of(config.inChannels()), H, W};
            return new Denoising(
                    g.input("timestep", ElementType.FLOAT32, B),
                    g.input("sample", shape),
                    g.input("target", ElementType.FLOAT32, shape),
                    config.hasTextTime()
                            ? List.of(
                                    g.input("pooled", B, Dim.of(config.pooledDim())),
                                    g.input("time_ids", ElementType.FLOAT32, B, Dim.of(6)))
                            : List.of());
        }

        Value loss(Recorder g, UNetConfig config, Value context) {
            return meanSquare(network(g, config, context).get(0), target);
        }

        Loss lossWithMaps(Recorder g, List<Value> outputs, Picture there) {
            long maps = there.maps().size(1).constant();
            Value told = outputs.get(1).conv2d(g.params().at(MAPS), maps, 1);
            Value denoising = meanSquare(outputs.get(0), target, there.weight());
            Value error = meanSquare(told, there.maps(), there.weight());
            return new Loss(denoising.add(error.mul(MAPS_WEIGHT)), denoising, error);
        }

        List<Value> network(Recorder g, UNetConfig config, Value context) {
            return network(g, config, context, List.of());
        }

        List<Value> network(Recorder g, UNetConfig config, Value context, List<String> watched) {
            Graph network = UNet2DConditionModel.trainingGraph(config, watched);
            List<Value> given = new ArrayList<>(List.of(timestep));
            given.addAll(xl);
            given.addAll(List.of(sample, context));
            return g.inline(UNET, network, given.toArray(new Value[0]));
        }
    }
}
