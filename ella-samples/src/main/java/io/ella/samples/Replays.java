package io.ella.samples;

import io.ella.core.EllaException;
import io.ella.pipeline.GenerationRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** What drawing an image again takes beside drawing. */
final class Replays {
    private Replays() {}

    /** The same request, to be listened to. */
    static GenerationRequest.Builder builder(GenerationRequest request) {
        GenerationRequest.Builder builder =
                GenerationRequest.of(request.prompt())
                        .negativePrompt(request.negativePrompt())
                        .size(request.width(), request.height())
                        .steps(request.steps())
                        .guidance(request.guidance())
                        .tokenLength(request.tokenLength())
                        .guidanceMode(request.guidanceMode());
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
                    } else if (!sha256(file).equals(hash)) {
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

    private static String sha256(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 20];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new EllaException(file + " cannot be read: " + e, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
