package io.ella.samples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ella.core.image.Png;
import io.ella.core.torch.Torch;
import io.ella.encoders.TokenLength;
import io.ella.samples.attention.HeatMap;
import io.ella.samples.attention.PromptAttention;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ella attention}: which words the connector attends to, and when. */
@Command(
        name = "attention",
        description = {
            "Show which words the connector's queries attend to over the timesteps: a heat map (the",
            "mean over blocks and queries), and beside it all weights as a NumPy array [timesteps,",
            "blocks, queries, tokens] of the same name that ends in .npy."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class AttentionCommand implements Callable<Integer> {
    private static final int LAST_TIMESTEP = 999;
    private static final int DEFAULT_TIMESTEPS = 25;

    @Parameters(paramLabel = "PROMPT", description = "What would be drawn.")
    private String prompt;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT.png",
            required = true,
            description = "The heat map.")
    private Path output;

    @Mixin private EllaModelOptions model = new EllaModelOptions();

    @Option(
            names = "--timesteps",
            paramLabel = "T",
            split = ",",
            description = "From 0 to 999. Default: 25 of them, from 999 down.")
    private @Nullable List<Double> timesteps;

    @Mixin private TokenLengthOptions tokens = new TokenLengthOptions();
    @Mixin private Machine machine = new Machine();
    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        machine.check(console);
        model.check(console);
        double[] times = times();
        TokenLength length = tokens.length(console);
        Path numbers = numbers();
        Png.checkWritable(output);
        machine.start();
        try (Ending ending = new Ending(console);
                EllaModelOptions.Parts parts = model.open();
                Torch torch = Torch.open(machine.device(console))) {
            PromptAttention attention =
                    PromptAttention.of(
                            torch, parts.ella(), parts.textEncoder(), prompt, length, times);
            ending.check();
            attention.writeNumbers(numbers);
            Png.write(output, HeatMap.draw(attention), Map.of("prompt", prompt));
            console.line(output.toString());
            console.line(numbers.toString());
            console.line(summary(attention));
            console.result(json(attention, numbers));
        }
        return 0;
    }

    private double[] times() {
        if (timesteps == null) {
            return IntStream.range(0, DEFAULT_TIMESTEPS)
                    .mapToDouble(i -> LAST_TIMESTEP - i * (LAST_TIMESTEP + 1.0) / DEFAULT_TIMESTEPS)
                    .toArray();
        }
        for (double t : timesteps) {
            if (!(t >= 0 && t <= LAST_TIMESTEP)) {
                throw console.misuse(
                        "a timestep is " + t + ", expected a number from 0 to " + LAST_TIMESTEP);
            }
        }
        return timesteps.stream().mapToDouble(t -> t).toArray();
    }

    private Path numbers() {
        String name = String.valueOf(output.getFileName());
        if (name.isBlank() || name.endsWith(".npy")) {
            throw console.misuse(
                    "--output is \"" + output + "\", expected the name of a .png file");
        }
        int dot = name.lastIndexOf('.');
        return output.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".npy");
    }

    /** Where the attention goes, as the mean over the timesteps. */
    private static String summary(PromptAttention attention) {
        double text = mean(attention.textShare());
        double words =
                IntStream.range(0, attention.words().size())
                        .mapToDouble(word -> mean(attention.share(word)))
                        .sum();
        return String.format(
                Locale.ROOT,
                "Attention on words %.1f %%, on special tokens and padding %.1f %%, on the queries"
                        + " themselves %.1f %%",
                100 * words,
                100 * (text - words),
                100 * (1 - text));
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(0);
    }

    private JsonObject json(PromptAttention attention, Path numbers) {
        JsonArray words = new JsonArray();
        for (int i = 0; i < attention.words().size(); i++) {
            JsonObject word = new JsonObject();
            word.addProperty("word", attention.words().get(i));
            word.add("share", array(attention.share(i)));
            words.add(word);
        }
        JsonArray shape = new JsonArray();
        attention.shape().forEach(shape::add);
        JsonObject json = new JsonObject();
        json.addProperty("picture", output.toString());
        json.addProperty("numbers", numbers.toString());
        json.add("shape", shape);
        json.add("timesteps", array(attention.timesteps()));
        json.add("words", words);
        json.add("text_share", array(attention.textShare()));
        return json;
    }

    private static JsonArray array(double[] values) {
        JsonArray array = new JsonArray();
        DoubleStream.of(values).forEach(array::add);
        return array;
    }
}
