package io.ella.samples;

import io.ella.core.EllaException;
import io.ella.pipeline.FileHashes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Whether the files that an image was drawn from are still the same. */
final class RecordedFiles {
    private RecordedFiles() {}

    /** Refuses files that are not those of the image, all of them named. */
    static void verify(Map<String, String> recorded) {
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
