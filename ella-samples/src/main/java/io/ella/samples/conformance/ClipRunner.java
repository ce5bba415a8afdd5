package io.ella.samples.conformance;

import io.ella.core.conformance.ConformanceCase;
import io.ella.encoders.ClipOutput;
import io.ella.encoders.ClipTextConfig;
import io.ella.encoders.ClipTextEncoder;
import java.util.LinkedHashMap;
import java.util.Map;

/** CLIP: {@code hidden}, {@code penultimate}, and {@code pooled} or {@code projected}. */
final class ClipRunner implements CaseRunner {
    /** The default of transformers. */
    private static final int PROJECTION_DIM = 512;

    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        boolean projects = given.args().bool("projection", false);
        int width = projects ? given.config().integer("projection_dim", PROJECTION_DIM) : 0;
        ClipTextConfig config = ClipTextConfig.from(given.config()).withProjection(width);
        try (ClipTextEncoder encoder =
                        ClipTextEncoder.load(
                                workbench.torch(), config, given.weights(), workbench.precision());
                ClipOutput output = encoder.encode(Workbench.rows(given.in("ids")))) {
            Map<String, float[]> results = new LinkedHashMap<>();
            results.put("hidden", output.hidden().floats());
            results.put("penultimate", output.penultimate().floats());
            results.put("pooled", output.pooled().floats());
            output.projected().ifPresent(p -> results.put("projected", p.floats()));
            return results;
        }
    }
}
