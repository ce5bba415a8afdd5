package io.ella.samples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.scheduler.Schedulers;
import io.ella.core.torch.Precision;
import io.ella.train.evaluation.Arm;
import io.ella.train.evaluation.EvaluatedModel;
import io.ella.train.evaluation.EvaluationReport;
import io.ella.train.evaluation.EvaluationSettings;
import io.ella.train.evaluation.Pictures;
import io.ella.train.evaluation.SceneEvaluation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ella eval scenes}: the base model and ELLA on held-out scenes. */
@Command(
        name = "scenes",
        description = {
            "Draw held-out scenes of the small world, from short and dense captions, with and without",
            "ELLA, and judge which facts of the dense caption are right. Percentages, with 95 %%",
            "intervals from resampled prompts. Begun again with the same options, it goes on."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class EvalScenesCommand implements Callable<Integer> {
    private static final EvaluationSettings DEFAULT = EvaluationSettings.DEFAULT;

    @Mixin private EllaModelOptions model = new EllaModelOptions();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where results.csv, report.json and pictures go. Default: eval-scenes.")
    private Path out = Path.of("eval-scenes");

    @Option(names = "--prompts", paramLabel = "N", description = "How many scenes. Default: 200.")
    private int prompts = DEFAULT.prompts();

    @Option(names = "--images", paramLabel = "N", description = "Of each prompt. Default: 4.")
    private int images = DEFAULT.images();

    @Option(names = "--steps", paramLabel = "N", description = "Default: 20.")
    private int steps = DEFAULT.steps();

    @Option(names = "--guidance", paramLabel = "G", description = "Default: 2.")
    private double guidance = DEFAULT.guidance();

    @Option(
            names = "--scheduler",
            paramLabel = "NAME",
            description = "As for generate; the same with and without ELLA. Default: ddim.")
    private String scheduler = DEFAULT.scheduler().label();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of scenes, captions and pictures. Default: 7.")
    private long seed = DEFAULT.seed();

    @Option(
            names = "--arms",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Which of renders, autoencoder, base-short, base-dense, ella. Default: all.")
    private @Nullable List<String> arms;

    @Mixin private TokenLengthOptions tokens = new TokenLengthOptions();
    @Mixin private Machine machine = new Machine();
    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        machine.check(console);
        model.check(console);
        if (out.toString().isBlank()) {
            throw console.misuse("--out is blank, expected a folder");
        }
        EvaluationSettings settings = console.parsed(this::settings);
        List<Arm> chosen = console.parsed(this::chosen);
        machine.start();
        try (Ending ending = new Ending(console, "stopping; what was drawn stays");
                EllaModelOptions.Parts parts = model.open();
                EvaluatedModel opened =
                        EvaluatedModel.open(
                                parts.model(),
                                parts.ella(),
                                parts.textEncoder(),
                                machine.device(console),
                                machine.precision(console, Precision.AUTO))) {
            Map<Arm, Pictures> drawn = opened.arms(settings);
            drawn.keySet().retainAll(chosen);
            SceneEvaluation evaluation = SceneEvaluation.open(settings, opened.identity(), out);
            boolean whole;
            try (Progress progress = new Progress(console, "Evaluating")) {
                whole =
                        evaluation.run(
                                drawn,
                                ending::isNear,
                                at -> progress.at(at.pictures(), at.total()));
            }
            show(settings, parts.name(), evaluation.report());
            if (!whole) {
                throw new EllaException("stopped; the same command goes on from what is in " + out);
            }
        }
        return 0;
    }

    private void show(EvaluationSettings settings, String name, EvaluationReport report) {
        console.line(
                "%s: %d images of each prompt, %d steps of %s, guidance %s"
                        .formatted(
                                name,
                                settings.images(),
                                settings.steps(),
                                settings.scheduler().label(),
                                settings.guidance()));
        ScoreTable.lines(report).forEach(console::line);
        console.line("More in " + out);
        JsonObject result = new JsonObject();
        result.addProperty("model", name);
        result.addProperty("images", settings.images());
        result.addProperty("steps", settings.steps());
        result.addProperty("guidance", settings.guidance());
        result.addProperty("scheduler", settings.scheduler().label());
        result.addProperty("seed", settings.seed());
        result.add("scores", report.toJson());
        JsonArray files = new JsonArray();
        for (String file : List.of("results.csv", "report.json", "prompts.tsv", "pictures.png")) {
            files.add(out.resolve(file).toString());
        }
        result.add("files", files);
        console.result(result);
    }

    private EvaluationSettings settings() {
        return new EvaluationSettings(
                prompts,
                images,
                seed,
                steps,
                guidance,
                Schedulers.named(scheduler),
                tokens.length(console));
    }

    private List<Arm> chosen() {
        return arms == null ? List.of(Arm.values()) : arms.stream().map(Arm::of).toList();
    }
}
