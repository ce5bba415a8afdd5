package io.ella.train.evaluation;

import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.scheduler.Schedulers;
import io.ella.encoders.TokenLength;
import io.ella.train.scenes.DenseCaption;
import io.ella.train.scenes.Scene;
import io.ella.train.scenes.SceneSampler;
import io.ella.train.scenes.ShortCaption;

/**
 * What is drawn, and how; the same for every arm. Immutable.
 *
 * @param prompts how many held-out scenes, from 1
 * @param images how many pictures of each, from 1 to 1000
 * @param seed of the scenes, captions and pictures
 * @param steps of the scheduler, from 1
 * @param guidance how much more the prompt counts than none
 * @param scheduler which
 * @param tokenLength of the prompt for ELLA
 */
public record EvaluationSettings(
        int prompts,
        int images,
        long seed,
        int steps,
        double guidance,
        Schedulers scheduler,
        TokenLength tokenLength) {

    /** Two hundred prompts, four pictures each, as 20 steps of DDIM with guidance 2. */
    public static final EvaluationSettings DEFAULT =
            new EvaluationSettings(200, 4, 7, 20, 2, Schedulers.DDIM, TokenLength.fixed(128));

    private static final int MAX_IMAGES = 1000;

    /** Keeps the captions of two seeds apart. */
    private static final long CAPTIONS = 1_000_003;

    /**
     * Checks the values.
     *
     * @throws EllaException if one is out of range
     */
    public EvaluationSettings {
        check("prompts", prompts, prompts >= 1);
        check("images", images, images >= 1 && images <= MAX_IMAGES);
        check("steps", steps, steps >= 1);
        if (!Double.isFinite(guidance)) {
            throw new EllaException(
                    "the guidance is " + guidance + ", expected a finite number, 1 for none");
        }
    }

    private static void check(String name, int value, boolean fits) {
        if (!fits) {
            throw new EllaException(
                    "the number of %s is %d, expected at least 1%s"
                            .formatted(
                                    name,
                                    value,
                                    name.equals("images") ? " and at most " + MAX_IMAGES : ""));
        }
    }

    /**
     * {@return a prompt; the same number gives the same one, however many there are}
     *
     * @param index from 0
     */
    public HeldOutPrompt prompt(int index) {
        Scene scene = SceneSampler.heldOut(seed).scene(index);
        long captions = seed * CAPTIONS + index;
        return new HeldOutPrompt(
                index,
                scene,
                ShortCaption.of(scene, captions),
                DenseCaption.of(scene, captions),
                seed + (long) MAX_IMAGES * index);
    }

    /** {@return all that the pictures of one prompt depend on, the model apart} */
    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("images", images);
        json.addProperty("seed", seed);
        json.addProperty("steps", steps);
        json.addProperty("guidance", guidance);
        json.addProperty("scheduler", scheduler.label());
        json.addProperty(
                "token_length",
                tokenLength instanceof TokenLength.Fixed fixed
                        ? "fixed " + fixed.maxLength()
                        : "flexible");
        return json;
    }
}
