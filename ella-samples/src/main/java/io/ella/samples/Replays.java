package io.ella.samples;

import io.ella.core.EllaException;
import io.ella.pipeline.FileHashes;
import io.ella.pipeline.GenerationRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What drawing an image again takes beside drawing. */
final class Replays {
    private Replays() {}

    /** The same request, to be listened to. */
    static GenerationRequest.Builder builder(GenerationRequest request) {
        GenerationRequest.Builder builder =
                GenerationRequest.of(request.prompt())
                        .size(request.width(), request.height())
                        .steps(request.steps())
                        .guidance(request.guidance())
                        .tokenLength(request.tokenLength())
                        .guidanceMode(request.guidanceMode());
        request.negativePrompt().ifPresent(builder::negativePrompt);
        request.seed().ifPresent(builder::seed);
        if (request.scheduler() != null) {
            builder.scheduler(request.scheduler());
        }
        return builder;
    }

    /** Refuses files that are not those of the image, all of them named. */
    static void verifyFiles(Map<String, String> recorded) {
        List<String> differences = new ArrayList<>();
        recorded.forEach(
                (name, hash) -> {
                    Path file = Path.of(name);
                    if (!Files.isRegularFile(file)) {
                        differences.add(name + " is missing");
                    } else if (!FileHashes.sha256(file).equals(hash)) {
                        differences.add(name + " has changed");
                    }
                });
        refuse(differences);
    }

    /** Refuses hashes that are not those of the image; where the files lie does not matter. */
    static void verifyHashes(Map<String, String> recorded, Map<String, String> now) {
        List<String> differences = new ArrayList<>();
        recorded.forEach(
                (name, hash) -> {
                    if (!now.containsValue(hash)) {
                        differences.add(name + " has changed");
                    }
                });
        refuse(differences);
    }

    private static void refuse(List<String> differences) {
        if (!differences.isEmpty()) {
            throw new EllaException(
                    "the model is not the one that drew the image: "
                            + String.join(", ", differences)
                            + ". Put those files back, or draw anew with ella generate.");
        }
    }
}
