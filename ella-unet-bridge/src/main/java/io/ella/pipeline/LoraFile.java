package io.ella.pipeline;

import io.ella.core.EllaException;
import java.nio.file.Path;

/**
 * A LoRA and how strongly it changes a model. Immutable.
 *
 * @param file a {@code .safetensors} file
 * @param scale 1 as trained, 0 not at all; any finite number
 */
public record LoraFile(Path file, double scale) {

    /** Checks the values. */
    public LoraFile {
        if (file.toString().isBlank()) {
            throw new EllaException("the path of a LoRA is blank");
        }
        if (!Double.isFinite(scale)) {
            throw new EllaException(
                    "the scale of the LoRA %s is %s, expected a finite number, 1 as trained"
                            .formatted(file, scale));
        }
    }

    /**
     * {@return what a text means}
     *
     * @param text {@code FILE} or {@code FILE:SCALE}, as {@link #toString} writes it; the scale is
     *     1 where none is said
     * @throws EllaException if the file is blank or the scale not finite
     */
    public static LoraFile parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon >= 0) {
            try {
                double scale = Double.parseDouble(text.substring(colon + 1));
                return new LoraFile(Path.of(text.substring(0, colon)), scale);
            } catch (NumberFormatException e) {
                // The colon is the path's own.
            }
        }
        return new LoraFile(Path.of(text), 1);
    }

    /** {@return {@code FILE:SCALE}} */
    @Override
    public String toString() {
        return file + ":" + scale;
    }
}
