package io.ella.samples;

import io.ella.core.EllaException;
import io.ella.core.image.Png;
import io.ella.pipeline.Generation;
import io.ella.pipeline.GenerationRequest;
import io.ella.pipeline.Provenance;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ella replay}: draws an image again from what its file says about how it was made. */
@Command(
        name = "replay",
        description = {
            "Draw an image again from the settings inside its PNG file.",
            "The model files have to be where they were, and the same."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class ReplayCommand implements Callable<Integer> {
    @Parameters(paramLabel = "IMAGE.png", description = "An image drawn by ella.")
    private Path image;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT.png",
            required = true,
            description = "The file to write.")
    private Path output;

    @Mixin private Console console = new Console();

    @Override
    public Integer call() {
        console.start();
        if (image.toString().isBlank()) {
            throw console.misuse("the path of the image is blank");
        }
        Provenance recorded = recorded();
        GenerationRequest.Builder request = recorded.request().toBuilder();
        Png.checkWritable(output);
        if (!recorded.isEmbedded()) {
            RecordedFiles.verify(recorded.files());
        }
        long start = System.nanoTime();
        try (Drawing drawing = new Drawing(console)) {
            Generation generation = drawing.generate(recorded.pipelineBuilder(), request);
            if (recorded.isEmbedded()) {
                Map<String, String> now = generation.provenances().get(0).files();
                RecordedFiles.verifyHashes(recorded.files(), now);
            }
            List<Path> files = generation.save(output);
            console.line(files.get(0).toString());
            console.result(drawing.report(generation, files, System.nanoTime() - start));
        }
        return 0;
    }

    private Provenance recorded() {
        String json = Png.texts(image).get(Png.PROVENANCE);
        if (json == null) {
            throw new EllaException(
                    image
                            + " does not say how it was made: it has no text \""
                            + Png.PROVENANCE
                            + "\". Give a PNG as ella wrote it, not edited or sent through a service"
                            + " that strips texts.");
        }
        return Provenance.parse(json, image.toString());
    }
}
