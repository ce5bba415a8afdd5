package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.graph.Graph;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.WeightSource;
import io.ella.unet.DeepFeatures;
import io.ella.unet.Shortcuts;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The U-Net with its guidance. Used on the device thread only. */
final class Denoiser implements AutoCloseable {
    private final Torch torch;
    private final UNetConfig config;
    private final Weights weights;
    private final Network guided;
    private final Network single;

    /** The U-Net in one of its uses, compiled for what is asked of it; whole at once. */
    private final class Network implements AutoCloseable {
        private final Function<Shortcuts, Graph> graph;
        private final Precision precision;
        private final Map<Shortcuts, Program> programs = new HashMap<>();

        Network(Function<Shortcuts, Graph> graph, Precision precision) {
            this.graph = graph;
            this.precision = precision;
            program(Shortcuts.NONE);
        }

        Program program(Shortcuts shortcuts) {
            return programs.computeIfAbsent(
                    shortcuts, s -> torch.compile(graph.apply(s), precision));
        }

        /**
         * @param what the inputs stand for, for which features are kept
         */
        float[] run(List<Tensor> inputs, Call call, String what) {
            FeatureReuse reuse = call.reuse;
            if (reuse.isOff()) {
                return answer(call.shortcuts(DeepFeatures.NONE), inputs);
            }
            Optional<Tensor> deep = reuse.of(what);
            if (deep.isPresent()) {
                List<Tensor> all = new ArrayList<>(inputs);
                all.add(deep.get());
                return answer(call.shortcuts(DeepFeatures.GIVEN), all);
            }
            Outputs outputs = run(call.shortcuts(DeepFeatures.KEPT), inputs);
            reuse.keep(what, outputs);
            return outputs.get(0).floats();
        }

        private float[] answer(Shortcuts shortcuts, List<Tensor> inputs) {
            try (Outputs outputs = run(shortcuts, inputs)) {
                return outputs.get(0).floats();
            }
        }

        private Outputs run(Shortcuts shortcuts, List<Tensor> inputs) {
            return program(shortcuts).run(weights, inputs.toArray(new Tensor[0]));
        }

        @Override
        public void close() {
            programs.values().forEach(Program::close);
        }
    }

    Denoiser(Torch torch, UNetConfig config, WeightSource source, Precision precision) {
        this.torch = torch;
        this.config = config;
        this.single = new Network(s -> UNet2DConditionModel.promptGraph(config, s), precision);
        this.guided = new Network(s -> UNet2DConditionModel.guidedGraph(config, s), precision);
        Program whole = single.program(Shortcuts.NONE);
        List<ParameterSpec> declared = whole.graph().parameters();
        source.check(declared, name -> false);
        this.weights = whole.load(source);
    }

    UNetConfig config() {
        return config;
    }

    /**
     * One model call for every image, guidance included.
     *
     * @param samples the scaled latent of each image
     * @param prompt what they show
     * @param negative what they do not; null without guidance
     * @param reuse of features of earlier steps
     * @return the model's answer for each
     */
    List<float[]> predict(
            List<float[]> samples,
            LatentSize size,
            double timestep,
            Conditioning prompt,
            @Nullable Conditioning negative,
            GenerationRequest request,
            FeatureReuse reuse) {
        long[] shape = {samples.size(), config.inChannels(), size.height(), size.width()};
        float[] answer;
        try (Tensor sample = torch.tensor(joined(samples), shape);
                Tensor t = torch.tensor(new float[] {(float) timestep}, 1);
                Tensor timeIds =
                        torch.tensor(
                                UNet2DConditionModel.timeIds(size.imageHeight(), size.imageWidth()),
                                1,
                                6)) {
            Call call = new Call(sample, t, timeIds, timestep, reuse, request.mergesTokens());
            answer =
                    negative == null
                            ? single(call, prompt, "prompt")
                            : guide(call, prompt, negative, request);
        }
        for (float value : answer) {
            if (!Float.isFinite(value)) {
                throw new EllaException(
                        "the U-Net gave %s at timestep %s. Use precision fp32; if that changes nothing, the checkpoint is damaged"
                                .formatted(value, timestep));
            }
        }
        return split(answer, samples.size());
    }

    private record Call(
            Tensor sample,
            Tensor t,
            Tensor timeIds,
            double timestep,
            FeatureReuse reuse,
            boolean mergesTokens) {
        Shortcuts shortcuts(DeepFeatures features) {
            return new Shortcuts(features, mergesTokens);
        }
    }

    private float[] guide(
            Call call, Conditioning prompt, Conditioning negative, GenerationRequest request) {
        double guidance = request.guidance().orElseThrow();
        long[] shape = prompt.context(call.timestep).shape();
        boolean oneLength = Arrays.equals(shape, negative.context(call.timestep).shape());
        if (oneLength && request.guidanceMode() == GenerationRequest.GuidanceMode.AUTO) {
            return guided(call, prompt, negative, guidance);
        }
        float[] without = single(call, negative, "negative prompt");
        float[] with = single(call, prompt, "prompt");
        float scale = (float) guidance;
        for (int i = 0; i < with.length; i++) {
            with[i] = without[i] + scale * (with[i] - without[i]);
        }
        return with;
    }

    private float[] guided(Call call, Conditioning prompt, Conditioning negative, double guidance) {
        try (Tensor scale = torch.tensor(new float[] {(float) guidance}, 1)) {
            List<Tensor> inputs = new ArrayList<>(List.of(call.t, scale));
            if (config.hasTextTime()) {
                inputs.add(negative.pooled().orElseThrow());
                inputs.add(prompt.pooled().orElseThrow());
                inputs.add(call.timeIds);
            }
            inputs.add(call.sample);
            inputs.add(negative.context(call.timestep));
            inputs.add(prompt.context(call.timestep));
            return guided.run(inputs, call, "both");
        }
    }

    private float[] single(Call call, Conditioning prompt, String what) {
        List<Tensor> inputs = new ArrayList<>(List.of(call.t));
        if (config.hasTextTime()) {
            inputs.add(prompt.pooled().orElseThrow());
            inputs.add(call.timeIds);
        }
        inputs.add(call.sample);
        inputs.add(prompt.context(call.timestep));
        return single.run(inputs, call, what);
    }

    private static float[] joined(List<float[]> samples) {
        int each = samples.get(0).length;
        float[] all = new float[each * samples.size()];
        for (int i = 0; i < samples.size(); i++) {
            System.arraycopy(samples.get(i), 0, all, i * each, each);
        }
        return all;
    }

    private static List<float[]> split(float[] all, int count) {
        int each = all.length / count;
        List<float[]> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(Arrays.copyOfRange(all, i * each, (i + 1) * each));
        }
        return parts;
    }

    @Override
    public void close() {
        single.close();
        guided.close();
        weights.close();
    }
}
