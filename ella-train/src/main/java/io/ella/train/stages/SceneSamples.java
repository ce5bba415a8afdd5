package io.ella.train.stages;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import io.ella.core.torch.Precision;
import io.ella.pipeline.ElllaPipeline;
import io.ella.pipeline.GenerationRequest;
import io.ella.train.scenes.SceneSampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A few captions that the training never sees, always the same, drawn as a grid. */
final class SceneSamples {
    private static final long SEED = 5;
    private static final int COLUMNS = 4;

    private SceneSamples() {}

    /**
     * Draws {@code step-N.png}, with the captions in the file's metadata.
     *
     * @param checkpoint a folder that holds what has been trained so far
     * @param stage which of its text encoders reads: ELLA's after {@link Stage#TSC}
     * @param folder where to; made if it is not there
     * @param count how many captions
     */
    static void draw(
            Path checkpoint, Stage stage, Precision precision, Path folder, long step, int count) {
        boolean dense = stage == Stage.TSC;
        Captioner captioner = dense ? Captioner.dense(Variant.ADALN) : Captioner.brief();
        ElllaPipeline.Builder builder =
                ElllaPipeline.builder().model(checkpoint).precision(precision);
        if (dense) {
            builder.ella(checkpoint.resolve("ella"))
                    .textEncoder(checkpoint.resolve("ella_text_encoder"));
        }
        SceneSampler scenes = SceneSampler.heldOut(SEED);
        List<Image> images = new ArrayList<>();
        List<String> captions = new ArrayList<>();
        try (ElllaPipeline pipeline = builder.build()) {
            for (int i = 0; i < count; i++) {
                String caption = captioner.caption(scenes.scene(i), i).text();
                captions.add(caption);
                images.add(
                        pipeline.generate(GenerationRequest.of(caption).seed(i).build()).image());
            }
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EllaException(folder + " cannot be made: " + e, e);
        }
        Png.write(
                folder.resolve("step-%06d.png".formatted(step)),
                Image.grid(images, COLUMNS),
                Map.of(Png.PARAMETERS, String.join("\n", captions)));
    }
}
