package io.ella.samples.conformance;

import io.ella.core.conformance.ConformanceCase;
import io.ella.core.graph.Graph;
import io.ella.core.torch.Outputs;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Program;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.torch.Weights;
import io.ella.unet.ControlNetModel;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import java.util.Map;

/** A ControlNet and the U-Net that it steers: {@code mid}, scaled, and {@code sample}. */
final class ControlNetRunner implements CaseRunner {
    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        Graph unet = UNet2DConditionModel.graph(UNetConfig.from(given.config()), true);
        try (UNetCase inputs = new UNetCase(given, workbench)) {
            float[] middle = addResiduals(given, workbench, inputs);
            long seed = given.seed() + 1;
            Precision precision = workbench.unetPrecision();
            float[] sample = workbench.run(unet, precision, seed, inputs.inputs()).get(0);
            return Map.of("mid", middle, "sample", sample);
        }
    }

    /**
     * Runs the ControlNet; what it gives is input of the U-Net, by the names of the U-Net's graph.
     */
    private static float[] addResiduals(
            ConformanceCase given, Workbench workbench, UNetCase inputs) {
        Torch torch = workbench.torch();
        Graph control = ControlNetModel.graph(given.spec().object("controlnet_config"));
        Precision precision = workbench.unetPrecision();
        float scale = (float) given.args().number("scale", 1);
        try (Program program = torch.compile(control, precision);
                Weights weights = program.load(given.weights());
                Outputs outputs =
                        program.run(weights, Workbench.ordered(control, inputs.inputs()))) {
            int last = control.outputs().size() - 1;
            float[] middle = {};
            for (int i = 0; i <= last; i++) {
                Tensor residual = outputs.get(i);
                float[] scaled = residual.floats();
                for (int j = 0; j < scaled.length; j++) {
                    scaled[j] *= scale;
                }
                String name = i < last ? "down_residual_" + i : "mid_residual";
                inputs.add(name, scaled, residual.shape());
                middle = scaled;
            }
            return middle;
        }
    }
}
