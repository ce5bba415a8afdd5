package io.ella.unet;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.conformance.ConformanceCase;
import io.ella.core.conformance.ConformanceResources;
import io.ella.core.graph.Graph;
import io.ella.core.torch.Device;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.HashWeights;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** ControlNet, and the U-Net with its residuals, against what diffusers computes. */
class ControlNetTest {
    @Test
    void residualsReachTheUNet() {
        ConformanceCase c = ConformanceResources.get("controlnet-tiny");
        float scale = (float) c.args().number("scale", 1);
        try (Torch torch = Torch.open(Device.CPU)) {
            List<Tensor> given = Networks.unetInputs(torch, c);
            List<Tensor> withImage = new ArrayList<>(given);
            withImage.add(Networks.tensor(torch, c, "image"));
            Graph controlNet = ControlNetModel.graph(c.spec().object("controlnet_config"));
            List<float[]> residuals =
                    Networks.run(torch, controlNet, new HashWeights(c.seed()), withImage);
            List<Tensor> all = new ArrayList<>(given);
            for (int i = 0; i < residuals.size(); i++) {
                float[] residual = residuals.get(i);
                for (int j = 0; j < residual.length; j++) {
                    residual[j] *= scale;
                }
                all.add(torch.tensor(residual, Networks.shape(controlNet, i, 1, 16, 16)));
            }
            assertThat(c.distance("mid", residuals.get(residuals.size() - 1)))
                    .isLessThan(c.tolerance());

            Graph unet = UNet2DConditionModel.graph(UNetConfig.from(c.config()), true);
            List<float[]> result = Networks.run(torch, unet, new HashWeights(c.seed() + 1), all);
            assertThat(c.distance("sample", result.get(0))).isLessThan(c.tolerance());

            withImage.forEach(Tensor::close);
            all.forEach(Tensor::close);
            assertThat(torch.liveTensors()).isZero();
        }
    }
}
