package io.ella.core.conformance;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.weights.HashWeights;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * One case, read from its folder. Immutable and thread-safe.
 *
 * @param name the name of the folder
 * @param folder where it is
 * @param component what it is about: {@code unet}, {@code t5}, …
 * @param config the component's configuration
 * @param args timesteps, seeds and so on
 * @param spec the whole {@code case.json}
 * @param tolerance the largest relative L2 distance that passes in 32 bits
 * @param tensors inputs ({@code in.*}) and expected results ({@code out.*})
 */
public record ConformanceCase(
        String name,
        Path folder,
        String component,
        Config config,
        Config args,
        Config spec,
        double tolerance,
        WeightSource tensors) {

    /** The tolerance of a case that says none. */
    public static final double USUAL_TOLERANCE = 1e-4;

    private static final String FILE = "case.json";

    /**
     * Reads a case. A case may lack {@code config}, {@code args} and {@code tolerance} where it
     * needs none.
     *
     * @param folder with {@code case.json} and {@code tensors.safetensors}
     * @return the case
     * @throws EllaException if a file is missing or malformed
     */
    public static ConformanceCase read(Path folder) {
        Config spec = Config.read(folder.resolve(FILE));
        return new ConformanceCase(
                String.valueOf(folder.getFileName()),
                folder,
                spec.string("component"),
                part(spec, "config"),
                part(spec, "args"),
                spec,
                part(spec, "tolerance").number("rel_l2", USUAL_TOLERANCE),
                Safetensors.open(folder.resolve("tensors.safetensors")));
    }

    private static Config part(Config spec, String key) {
        return spec.has(key) ? spec.object(key) : Config.parse("{}", spec.origin() + " " + key);
    }

    /**
     * {@return the folders of all cases below a folder, sorted by path}
     *
     * @param root where to look
     * @throws EllaException if it is no readable folder, or has no case
     */
    public static List<Path> find(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> cases =
                    files.filter(f -> f.endsWith(FILE))
                            .map(f -> f.toAbsolutePath().getParent())
                            .sorted()
                            .toList();
            if (cases.isEmpty()) {
                throw new EllaException(
                        root + " holds no conformance case: no " + FILE + " was found below it");
            }
            return cases;
        } catch (IOException e) {
            throw new EllaException(root + " cannot be read: " + e, e);
        }
    }

    /** {@return the seed of the computed weights} */
    public long seed() {
        Config weights = spec.object("weights");
        weights.supportsOnly("source", "\"hash\"");
        return weights.longInteger("seed");
    }

    /** {@return the weights of a case that has one model} */
    public WeightSource weights() {
        return new HashWeights(seed());
    }

    /**
     * {@return an input}
     *
     * @param input its name without {@code in.}
     */
    public StoredTensor in(String input) {
        return tensors.tensor("in." + input);
    }

    /** {@return the names of the expected results, without {@code out.}} */
    public List<String> outputs() {
        return tensors.names().stream()
                .filter(n -> n.startsWith("out."))
                .map(n -> n.substring(4))
                .toList();
    }

    /**
     * {@return how far a result is from the expected one: ‖found − expected‖ / ‖expected‖}
     *
     * @param output its name without {@code out.}
     * @param found the result, row-major
     * @throws EllaException if it has another number of elements
     */
    public double distance(String output, float[] found) {
        return relativeL2(name + " " + output, found, tensors.tensor("out." + output).floatArray());
    }

    /**
     * {@return ‖found − expected‖ / ‖expected‖, which is NaN or infinite where a value is not
     * finite}
     *
     * @param what how messages call it
     * @param found the result
     * @param expected the reference
     * @throws EllaException if the lengths differ
     */
    public static double relativeL2(String what, float[] found, float[] expected) {
        if (found.length != expected.length) {
            throw new EllaException(
                    what + " has " + found.length + " elements, expected " + expected.length);
        }
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < found.length; i++) {
            difference += Math.pow((double) found[i] - expected[i], 2);
            norm += (double) expected[i] * expected[i];
        }
        return difference == 0 ? 0 : Math.sqrt(difference / norm);
    }
}
