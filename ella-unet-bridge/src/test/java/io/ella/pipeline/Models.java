package io.ella.pipeline;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/** The small checkpoints among the test resources. */
final class Models {

    private Models() {}

    static Path path(String name) {
        URL url = Objects.requireNonNull(Models.class.getResource("/models/" + name), name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static ElllaPipeline.Builder ella() {
        return clip().ella(path("ella-tiny.safetensors")).textEncoder(path("tiny-t5"));
    }

    static ElllaPipeline.Builder clip() {
        return ElllaPipeline.builder().model(path("tiny-sd15"));
    }
}
