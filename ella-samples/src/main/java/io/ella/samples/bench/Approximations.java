package io.ella.samples.bench;

import io.ella.core.image.Image;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.pipeline.ElllaPipeline;
import io.ella.pipeline.Generation;
import io.ella.pipeline.GenerationRequest;
import io.ella.pipeline.GuidanceInterval;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Faster ways to draw with the embedded model: how long denoising and decoding take, and how far
 * the pictures are from the exact ones. Two of the ways are not faster but say what is near: fp32,
 * and four times the steps. Unless they say otherwise all use {@link Schedulers#DPMPP_2M}: with the
 * noise that the model's own scheduler draws at each step, fewer of them give another picture.
 *
 * <p>Not thread-safe.
 */
public final class Approximations implements AutoCloseable {
    private static final List<String> PROMPTS =
            List.of(
                    "on a gray background there is a large red circle. to the right of it there is"
                            + " a small blue striped square. above the square there is a green"
                            + " triangle.",
                    "two objects on a beige background: a medium purple star on the left and a"
                            + " large green checkered ring on the right.",
                    "there is a small white cross in the top left corner of a teal background. a"
                            + " large orange dotted circle lies below it.",
                    "on a mint background a large black square is above a medium pink triangle,"
                            + " and to the left of the triangle there is a small brown circle.");

    private static final List<Way> WAYS =
            List.of(
                    Way.of("exact", request -> request),
                    new Way("fp32", Opened.FP32, request -> request),
                    Way.of("steps 100", request -> request.steps(100)),
                    Way.of("guidance interval 300,900", request -> guided(request, 300, 900)),
                    Way.of("guidance interval 200,800", request -> guided(request, 200, 800)),
                    Way.of("cache interval 2", request -> request.cacheInterval(2)),
                    Way.of("cache interval 3", request -> request.cacheInterval(3)),
                    Way.of("merged tokens", request -> request.mergeTokens(true)),
                    Way.of("steps 10", request -> request.steps(10)),
                    Way.of(
                            "steps 10, dpmpp-2m-ays",
                            request -> request.steps(10).scheduler(Schedulers.DPMPP_2M_AYS)),
                    Way.of("steps 4, lcm", request -> request.steps(4).scheduler(Schedulers.LCM)),
                    new Way("tiny vae", Opened.TINY_VAE, request -> request));

    private final Map<Opened, ElllaPipeline> pipelines;
    private final int count;
    private final List<List<Double>> seconds = lists();
    private final List<List<Image>> pictures = lists();

    /** The pipelines of the embedded model. */
    private enum Opened {
        /** What the others are compared with. */
        EXACT,
        /** In fp32, whatever the others are in. */
        FP32,
        /** With the decoder for previews. */
        TINY_VAE
    }

    /**
     * A way to draw.
     *
     * @param name as the command says it
     * @param opened what draws
     * @param settings what is asked for
     */
    private record Way(
            String name, Opened opened, UnaryOperator<GenerationRequest.Builder> settings) {

        static Way of(String name, UnaryOperator<GenerationRequest.Builder> settings) {
            return new Way(name, Opened.EXACT, settings);
        }
    }

    /**
     * What came of a way.
     *
     * @param way its name
     * @param seconds how long denoising and decoding took, each time
     * @param psnr peak signal-to-noise ratio of each picture to the exact one in dB, ascending;
     *     infinite where nothing differs
     */
    public record Outcome(String way, List<Double> seconds, List<Double> psnr) {
        /** Copies. */
        public Outcome {
            seconds = List.copyOf(seconds);
            psnr = List.copyOf(psnr);
        }
    }

    private Approximations(Map<Opened, ElllaPipeline> pipelines, int count) {
        this.pipelines = Map.copyOf(pipelines);
        this.count = count;
    }

    /**
     * Opens the embedded model.
     *
     * @param device where to compute
     * @param precision of all ways but fp32
     * @param count how many pictures of each prompt are drawn at once
     * @return to be closed
     */
    public static Approximations open(Device device, Precision precision, int count) {
        Map<Opened, ElllaPipeline> pipelines = new EnumMap<>(Opened.class);
        try {
            ElllaPipeline exact = builder(device, precision).build();
            pipelines.put(Opened.EXACT, exact);
            pipelines.put(Opened.FP32, builder(device, Precision.FP32).build());
            pipelines.put(
                    Opened.TINY_VAE, builder(device, precision).sharing(exact).tinyVae().build());
            return new Approximations(pipelines, count);
        } catch (RuntimeException | Error e) {
            pipelines.values().forEach(ElllaPipeline::close);
            throw e;
        }
    }

    private static ElllaPipeline.Builder builder(Device device, Precision precision) {
        return ElllaPipeline.builder().device(device).precision(precision);
    }

    /** {@return how many pieces of work a round has} */
    public int pieces() {
        return WAYS.size() * PROMPTS.size();
    }

    /**
     * Draws one prompt in one way. In the first round, which is to be drawn whole, programs are
     * still specialized; pictures are the same in every round.
     *
     * @param round from 0; the first is not timed
     * @param piece of {@link #pieces}, in turn
     */
    public void draw(int round, int piece) {
        int index = piece % WAYS.size();
        Way way = WAYS.get(index);
        GenerationRequest.Builder request =
                GenerationRequest.of(PROMPTS.get(piece / WAYS.size()))
                        .scheduler(Schedulers.DPMPP_2M)
                        .seed(1)
                        .count(count);
        ElllaPipeline pipeline = Objects.requireNonNull(pipelines.get(way.opened));
        Generation drawn = pipeline.generate(way.settings.apply(request).build());
        if (round == 0) {
            pictures.get(index).addAll(drawn.images());
        } else {
            seconds.get(index).add(seconds(drawn, "denoise") + seconds(drawn, "decode"));
        }
    }

    private static double seconds(Generation drawn, String stage) {
        return Objects.requireNonNull(drawn.timings().get(stage)).toNanos() * 1e-9;
    }

    /** {@return what came of every way, the exact one first} */
    public List<Outcome> outcomes() {
        List<Image> exact = pictures.get(0);
        return IntStream.range(0, WAYS.size())
                .mapToObj(
                        way ->
                                new Outcome(
                                        WAYS.get(way).name,
                                        seconds.get(way),
                                        psnr(exact, pictures.get(way))))
                .toList();
    }

    private static List<Double> psnr(List<Image> exact, List<Image> drawn) {
        return IntStream.range(0, exact.size())
                .mapToObj(i -> psnr(exact.get(i).toRgb(), drawn.get(i).toRgb()))
                .sorted()
                .toList();
    }

    static double psnr(byte[] one, byte[] other) {
        double squares = 0;
        for (int i = 0; i < one.length; i++) {
            double difference = (one[i] & 0xff) - (other[i] & 0xff);
            squares += difference * difference;
        }
        return 10 * Math.log10(255 * 255 / (squares / one.length));
    }

    private static GenerationRequest.Builder guided(
            GenerationRequest.Builder request, double least, double most) {
        return request.guidanceInterval(new GuidanceInterval(least, most));
    }

    private static <T> List<List<T>> lists() {
        List<List<T>> lists = new ArrayList<>();
        WAYS.forEach(way -> lists.add(new ArrayList<>()));
        return Collections.unmodifiableList(lists);
    }

    @Override
    public void close() {
        pipelines.values().forEach(ElllaPipeline::close);
    }
}
