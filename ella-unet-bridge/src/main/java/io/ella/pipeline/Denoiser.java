package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.core.weights.WeightSource;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The U-Net with its guidance. Used on the device thread only. */
final class Denoiser implements AutoCloseable {
    private final Torch torch;
    private final UNetConfig config;
    private final Weights weights;
    private final Program guided;
    private final Program single;

    Denoiser(Torch torch, UNetConfig config, WeightSource source, Precision precision) {
        this.torch = torch;
        this.config = config;
        this.single = torch.compile(UNet2DConditionModel.promptGraph(config), precision);
        this.guided = torch.compile(UNet2DConditionModel.guidedGraph(config), precision);
        List<ParameterSpec> declared = single.graph().parameters();
        source.check(declared, name -> false);
        this.weights = single.load(source);
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
     * @return the model's answer for each
     */
    List<float[]> predict(
            List<float[]> samples,
            LatentSize size,
            double timestep,
            Conditioning prompt,
            @Nullable Conditioning negative,
            GenerationRequest request) {
        long[] shape = {samples.size(), config.inChannels(), size.height(), size.width()};
        float[] answer;
        try (Tensor sample = torch.tensor(joined(samples), shape);
                Tensor t = torch.tensor(new float[] {(float) timestep}, 1);
                Tensor timeIds = torch.tensor(size.timeIds(), 1, 6)) {
            Call call = new Call(sample, t, timeIds, timestep);
            answer =
                    negative == null
                            ? single(call, prompt)
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

    private record Call(Tensor sample, Tensor t, Tensor timeIds, double timestep) {}

    private float[] guide(
            Call call, Conditioning prompt, Conditioning negative, GenerationRequest request) {
        long[] shape = prompt.context(call.timestep).shape();
        boolean oneLength = Arrays.equals(shape, negative.context(call.timestep).shape());
        if (oneLength && request.guidanceMode() == GenerationRequest.GuidanceMode.AUTO) {
            return guided(call, prompt, negative, request.guidance());
        }
        float[] without = single(call, negative);
        float[] with = single(call, prompt);
        float scale = (float) request.guidance();
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
            return run(guided, inputs);
        }
    }

    private float[] single(Call call, Conditioning prompt) {
        List<Tensor> inputs = new ArrayList<>(List.of(call.t));
        if (config.hasTextTime()) {
            inputs.add(prompt.pooled().orElseThrow());
            inputs.add(call.timeIds);
        }
        inputs.add(call.sample);
        inputs.add(prompt.context(call.timestep));
        return run(single, inputs);
    }

    private float[] run(Program program, List<Tensor> inputs) {
        try (Outputs outputs = program.run(weights, inputs.toArray(new Tensor[0]))) {
            return outputs.get(0).floats();
        }
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
