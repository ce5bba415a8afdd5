package io.ella.samples.conformance;

import io.ella.core.conformance.ConformanceCase;
import io.ella.core.graph.Graph;
import io.ella.unet.UNet2DConditionModel;
import io.ella.unet.UNetConfig;
import java.util.Map;

/** The U-Net: {@code sample}. */
final class UNetRunner implements CaseRunner {
    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        Graph graph = UNet2DConditionModel.graph(UNetConfig.from(given.config()), false);
        try (UNetCase unet = new UNetCase(given, workbench)) {
            long seed = given.seed();
            return Map.of(
                    "sample",
                    workbench.run(graph, workbench.unetPrecision(), seed, unet.inputs()).get(0));
        }
    }
}
