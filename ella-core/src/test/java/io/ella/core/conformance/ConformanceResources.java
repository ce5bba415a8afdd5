package io.ella.core.conformance;

import io.ella.core.EllaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The cases among the test resources, for the tests of every module. */
public final class ConformanceResources {

    private ConformanceResources() {}

    /** {@return a case by its name, copied out of the class path, where it may lie in a jar} */
    public static ConformanceCase get(String name) {
        try {
            Path parent = Files.createTempDirectory("conformance");
            Path folder = Files.createDirectory(parent.resolve(name));
            // What is registered last goes first: the files, their folder, its parent.
            parent.toFile().deleteOnExit();
            folder.toFile().deleteOnExit();
            copy(name, "case.json", folder);
            copy(name, "tensors.safetensors", folder);
            if (name.startsWith("lora")) {
                copy(name, "lora.safetensors", folder);
            }
            return ConformanceCase.read(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(String name, String file, Path folder) throws IOException {
        String resource = "/conformance/cases/" + name + "/" + file;
        try (InputStream in = ConformanceResources.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new EllaException("the test resource " + resource + " is missing");
            }
            Path target = folder.resolve(file);
            Files.copy(in, target);
            target.toFile().deleteOnExit();
        }
    }
}
