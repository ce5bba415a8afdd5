package io.ella.samples.conformance;

import io.ella.core.conformance.ConformanceCase;
import io.ella.core.graph.Graph;
import io.ella.core.weights.WeightSource;
import io.ella.unet.Lora;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import java.util.Map;

/** The U-Net with the LoRA beside the case merged into it: {@code sample}. */
final class UNetLoraRunner implements CaseRunner {
    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        Graph graph = UNet2DConditionModel.graph(UNetConfig.from(given.config()), false);
        Lora lora = Lora.open(given.folder().resolve("lora.safetensors"));
        WeightSource base = given.weights();
        double scale = given.args().number("scale", 1);
        try (UNetCase unet = new UNetCase(given, workbench);
                WeightSource merged =
                        lora.merged(base, Lora.Part.UNET, graph.parameters(), scale)) {
            return Map.of(
                    "sample",
                    workbench.run(graph, workbench.unetPrecision(), merged, unet.inputs()).get(0));
        }
    }
}
