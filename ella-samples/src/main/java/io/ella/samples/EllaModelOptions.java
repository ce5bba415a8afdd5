package io.ella.samples;

import io.ella.core.EllaException;
import io.ella.pipeline.EmbeddedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which model with ELLA, where its parts are needed one by one. */
final class EllaModelOptions {
    @Option(
            names = "--model",
            paramLabel = "DIR",
            description =
                    "A Stable Diffusion checkpoint in diffusers' layout. Default: the embedded model.")
    private @Nullable Path model;

    @Option(
            names = "--ella",
            paramLabel = "FILE|DIR",
            description = "The connector. Default: ella in the folder of the model.")
    private @Nullable Path ella;

    @Option(
            names = "--text-encoder",
            paramLabel = "DIR",
            description =
                    "The language model that the connector was trained with. Default:"
                            + " ella_text_encoder in the folder of the model.")
    private @Nullable Path textEncoder;

    void check(Console console) {
        for (Path path : new Path[] {model, ella, textEncoder}) {
            if (path != null && path.toString().isBlank()) {
                throw console.misuse("the path of the model, or of a part of it, is blank");
            }
        }
    }

    /** {@return the parts, which all exist} */
    Parts open() {
        if (model != null) {
            return parts(model, null);
        }
        EmbeddedModel embedded = EmbeddedModel.unpack();
        try {
            return parts(embedded.folder(), embedded);
        } catch (EllaException e) {
            embedded.close();
            throw e;
        }
    }

    private Parts parts(Path folder, @Nullable EmbeddedModel embedded) {
        return new Parts(
                existing(folder, ""),
                existing(ella != null ? ella : folder.resolve("ella"), "--ella"),
                existing(
                        textEncoder != null ? textEncoder : folder.resolve("ella_text_encoder"),
                        "--text-encoder"),
                embedded);
    }

    private static Path existing(Path path, String option) {
        if (!Files.exists(path)) {
            String remedy = option.isEmpty() ? "Check the path" : "Name another with " + option;
            throw new EllaException(path + " does not exist. " + remedy);
        }
        return path;
    }

    /**
     * Where the parts lie until closed.
     *
     * @param model a folder in diffusers' layout
     * @param ella the connector
     * @param textEncoder the folder of its language model
     * @param embedded to be closed, if it is that
     */
    record Parts(Path model, Path ella, Path textEncoder, @Nullable EmbeddedModel embedded)
            implements AutoCloseable {
        /** {@return the model for people} */
        String name() {
            return embedded == null ? model.toString() : "the embedded default";
        }

        @Override
        public void close() {
            if (embedded != null) {
                embedded.close();
            }
        }
    }
}
