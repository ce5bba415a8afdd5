package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finished images and how they were made. Immutable.
 *
 * @param images in the order of their seeds
 * @param provenances one for each image
 * @param timings how long each stage took: {@code encode} (text encoder and TSC), {@code denoise},
 *     {@code decode}
 */
public record Generation(
        List<Image> images, List<Provenance> provenances, Map<String, Duration> timings) {

    /** Copies the collections. */
    public Generation {
        images = List.copyOf(images);
        provenances = List.copyOf(provenances);
        timings = Collections.unmodifiableMap(new LinkedHashMap<>(timings));
    }

    /** {@return the first image, which is the only one unless more were asked for} */
    public Image image() {
        return images.get(0);
    }

    /** {@return the seed of each image} */
    public List<Long> seeds() {
        return provenances.stream()
                .map(p -> Long.parseLong(String.valueOf(p.settings().get("seed"))))
                .toList();
    }

    /**
     * Writes the images as PNG files that carry how they were made. A file appears whole or not at
     * all.
     *
     * @param file where to; of several images, the first is written there and image i to {@code
     *     name-i.png}
     * @return the files written
     * @throws EllaException if a file cannot be written
     */
    public List<Path> save(Path file) {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            Path target = i == 0 ? file : numbered(file, i + 1);
            Provenance provenance = provenances.get(i);
            Map<String, String> texts = new LinkedHashMap<>();
            texts.put(Png.PARAMETERS, provenance.parameters());
            texts.put(Png.PROVENANCE, provenance.toJson());
            Png.write(target, images.get(i), texts);
            files.add(target);
        }
        return files;
    }

    /**
     * {@return where image number {@code number} of several goes}
     *
     * @param file where the first goes
     * @param number from 2
     */
    public static Path numbered(Path file, int number) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        String stem = dot > 0 ? name.substring(0, dot) : name;
        String extension = dot > 0 ? name.substring(dot) : "";
        return file.resolveSibling(stem + "-" + number + extension);
    }
}
