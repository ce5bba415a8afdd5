package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.scheduler.Schedulers;
import io.ella.encoders.TokenLength;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What to draw. Immutable; made by {@link #of} and its {@link Builder}, which checks every value.
 *
 * @param prompt what the image shows
 * @param negativePrompt what it does not; empty for what the model takes to be no prompt: the empty
 *     text, or zeros for SDXL (whose {@code model_index.json} says {@code
 *     force_zeros_for_empty_prompt}), which is not the same as the empty text there
 * @param width of the image in pixels, a multiple of 8; 0 for what the model was trained on
 * @param height of the image in pixels, a multiple of 8; 0 for what the model was trained on
 * @param steps of the scheduler, at least 1
 * @param guidance how much more the prompt counts than the negative prompt; 1 or less switches the
 *     negative prompt off; empty for what the model asks for ({@code guidance_scale} in its {@code
 *     model_index.json}), else 7.5
 * @param seed of the first image; each further image has the next; empty for a random one
 * @param count how many images
 * @param scheduler which; null for DPM-Solver++ with ELLA, as the checkpoint configures it, and for
 *     the checkpoint's own without
 * @param tokenLength of the prompt for ELLA; CLIP always has 77
 * @param guidanceInterval at which timesteps guidance is applied; all of them is exact
 * @param cacheInterval after how many steps the deep part of the U-Net is computed anew; 1 is exact
 * @param mergesTokens whether self-attention on the outermost level reads the mean of each 2×2
 *     tokens; false is exact
 * @param guidanceMode whether the two halves of guidance run as one batch
 * @param onStep told after every step, on the pipeline's thread
 */
public record GenerationRequest(
        String prompt,
        Optional<String> negativePrompt,
        int width,
        int height,
        int steps,
        OptionalDouble guidance,
        OptionalLong seed,
        int count,
        @Nullable Schedulers scheduler,
        TokenLength tokenLength,
        GuidanceInterval guidanceInterval,
        int cacheInterval,
        boolean mergesTokens,
        GuidanceMode guidanceMode,
        Consumer<GenerationStep> onStep) {

    /** How the negative and the positive half of guidance run. */
    public enum GuidanceMode {
        /** As one batch where both contexts have one length, else one after the other. */
        AUTO,
        /** One after the other: half the memory of activations. */
        SPLIT
    }

    /** The most pixels in one direction: beyond, attention alone takes hundreds of gigabytes. */
    static final int MAX_SIDE = 8192;

    static final int MULTIPLE = 8;
    static final double USUAL_GUIDANCE = 7.5;
    private static final int MAX_COUNT = 10_000;

    /** Checks every value. */
    public GenerationRequest {
        checkSide("width", width);
        checkSide("height", height);
        check(steps >= 1, "number of steps", steps, "at least 1");
        double scale = guidance.orElse(USUAL_GUIDANCE);
        check(Double.isFinite(scale), "guidance", scale, "a finite number, 1 for none");
        check(cacheInterval >= 1, "cache interval", cacheInterval, "at least 1");
        check(
                count >= 1 && count <= MAX_COUNT,
                "number of images",
                count,
                "from 1 to " + MAX_COUNT);
    }

    /** {@return whether the negative prompt counts} */
    public boolean isGuided() {
        return guidance.orElse(USUAL_GUIDANCE) > 1;
    }

    /** {@return this with a scale of guidance where it has none} */
    GenerationRequest orGuidance(double usual) {
        return guidance.isPresent() ? this : toBuilder().guidance(usual).build();
    }

    private static void checkSide(String name, int pixels) {
        boolean fits = pixels >= 0 && pixels <= MAX_SIDE && pixels % MULTIPLE == 0;
        check(fits, name, pixels, "a multiple of " + MULTIPLE + " up to " + MAX_SIDE);
    }

    private static void check(boolean fits, String name, Object found, String expected) {
        if (!fits) {
            throw new EllaException("the " + name + " is " + found + ", expected " + expected);
        }
    }

    /**
     * {@return a request with the usual settings, to be changed}
     *
     * @param prompt what the image shows
     */
    public static Builder of(String prompt) {
        return new Builder(prompt);
    }

    /** {@return a request with the settings of this, to be changed} */
    public Builder toBuilder() {
        Builder builder =
                of(prompt)
                        .size(width, height)
                        .steps(steps)
                        .count(count)
                        .tokenLength(tokenLength)
                        .guidanceInterval(guidanceInterval)
                        .cacheInterval(cacheInterval)
                        .mergeTokens(mergesTokens)
                        .guidanceMode(guidanceMode)
                        .onStep(onStep);
        builder.negativePrompt = negativePrompt;
        builder.guidance = guidance;
        builder.seed = seed;
        builder.scheduler = scheduler;
        return builder;
    }

    /** Collects settings; not thread-safe. */
    public static final class Builder {
        private final String prompt;
        private Optional<String> negativePrompt = Optional.empty();
        private int width;
        private int height;
        private int steps = 25;
        private OptionalDouble guidance = OptionalDouble.empty();
        private OptionalLong seed = OptionalLong.empty();
        private int count = 1;
        private @Nullable Schedulers scheduler;
        private TokenLength tokenLength = TokenLength.fixed(128);
        private GuidanceInterval guidanceInterval = GuidanceInterval.ALWAYS;
        private int cacheInterval = 1;
        private boolean mergesTokens;
        private GuidanceMode guidanceMode = GuidanceMode.AUTO;
        private Consumer<GenerationStep> onStep = step -> {};

        private Builder(String prompt) {
            this.prompt = prompt;
        }

        /**
         * {@return this}
         *
         * @param text what the image does not show; none unless set
         */
        public Builder negativePrompt(String text) {
            negativePrompt = Optional.of(text);
            return this;
        }

        /**
         * {@return this}
         *
         * @param width in pixels, a multiple of 8
         * @param height in pixels, a multiple of 8
         */
        public Builder size(int width, int height) {
            this.width = width;
            this.height = height;
            return this;
        }

        /**
         * {@return this}
         *
         * @param count steps of the scheduler; 25 unless set
         */
        public Builder steps(int count) {
            steps = count;
            return this;
        }

        /**
         * {@return this}
         *
         * @param scale of classifier-free guidance; the model's own, else 7.5, unless set (ELLA's
         *     authors use 10 to 12)
         */
        public Builder guidance(double scale) {
            guidance = OptionalDouble.of(scale);
            return this;
        }

        /**
         * {@return this}
         *
         * @param value of the first image; random unless set
         */
        public Builder seed(long value) {
            seed = OptionalLong.of(value);
            return this;
        }

        /**
         * {@return this}
         *
         * @param images how many; 1 unless set
         */
        public Builder count(int images) {
            count = images;
            return this;
        }

        /**
         * {@return this}
         *
         * @param choice which scheduler; unless set DPM-Solver++ with ELLA, as the checkpoint
         *     configures it, and the checkpoint's own without
         */
        public Builder scheduler(Schedulers choice) {
            scheduler = choice;
            return this;
        }

        /**
         * {@return this}
         *
         * @param length of the prompt for ELLA; fixed at 128 unless set, as ELLA was trained
         */
        public Builder tokenLength(TokenLength length) {
            tokenLength = length;
            return this;
        }

        /**
         * {@return this}
         *
         * @param interval the timesteps with guidance; fewer of them are faster and give another
         *     image
         */
        public Builder guidanceInterval(GuidanceInterval interval) {
            guidanceInterval = interval;
            return this;
        }

        /**
         * {@return this}
         *
         * @param steps after how many the deep part of the U-Net is computed anew, 1 unless set
         *     (DeepCache, arXiv 2312.00858); more are faster and give another image
         */
        public Builder cacheInterval(int steps) {
            cacheInterval = steps;
            return this;
        }

        /**
         * {@return this}
         *
         * @param whether self-attention on the outermost level reads the mean of each 2×2 tokens,
         *     false unless set (token merging, arXiv 2303.17604 and 2402.13573); less to compute,
         *     and another image
         */
        public Builder mergeTokens(boolean whether) {
            mergesTokens = whether;
            return this;
        }

        /**
         * {@return this}
         *
         * @param mode whether guidance runs as one batch
         */
        public Builder guidanceMode(GuidanceMode mode) {
            guidanceMode = mode;
            return this;
        }

        /**
         * {@return this}
         *
         * @param listener told after every step, on the pipeline's thread; what it throws ends the
         *     generation
         */
        public Builder onStep(Consumer<GenerationStep> listener) {
            onStep = listener;
            return this;
        }

        /** {@return the request} */
        public GenerationRequest build() {
            return new GenerationRequest(
                    prompt,
                    negativePrompt,
                    width,
                    height,
                    steps,
                    guidance,
                    seed,
                    count,
                    scheduler,
                    tokenLength,
                    guidanceInterval,
                    cacheInterval,
                    mergesTokens,
                    guidanceMode,
                    onStep);
        }
    }
}
