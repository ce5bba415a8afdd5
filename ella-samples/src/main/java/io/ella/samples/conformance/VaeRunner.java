package io.ella.samples.conformance;

import io.ella.core.conformance.ConformanceCase;
import io.ella.core.graph.Graph;
import io.ella.core.torch.Tensor;
import io.ella.unet.AutoencoderKL;
import io.ella.unet.VaeConfig;
import java.util.List;
import java.util.Map;

/** The autoencoder: {@code decoded}, {@code mean} and {@code logvar}. */
final class VaeRunner implements CaseRunner {
    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        VaeConfig config = VaeConfig.from(given.config());
        float[] decoded = run(AutoencoderKL.decoder(config), "latent", given, workbench).get(0);
        List<float[]> moments = run(AutoencoderKL.encoder(config), "image", given, workbench);
        return Map.of("decoded", decoded, "mean", moments.get(0), "logvar", moments.get(1));
    }

    private static List<float[]> run(
            Graph graph, String input, ConformanceCase given, Workbench workbench) {
        try (Tensor tensor = workbench.tensor(given.in(input))) {
            long seed = given.seed();
            return workbench.run(graph, workbench.precision(), seed, Map.of(input, tensor));
        }
    }
}
