package io.ella.samples.conformance;

import io.ella.core.conformance.ConformanceCase;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.WeightSource;
import io.ella.encoders.LlamaConfig;
import io.ella.encoders.Residency;
import io.ella.encoders.T5Config;
import io.ella.encoders.TextEncoder;
import java.util.Map;

/** T5 and Llama: {@code hidden}, whose padded positions are zero for Llama. */
final class TextEncoderRunner implements CaseRunner {
    /**
     * Beyond this many weights a model is streamed: it runs once, so nothing is gained by keeping
     * it.
     */
    private static final long RESIDENT_LIMIT = 200_000_000;

    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        boolean llama = given.component().equals("llama");
        long[][] ids = Workbench.rows(given.in("ids"));
        long[][] mask = Workbench.rows(given.in("mask"));
        try (TextEncoder encoder =
                        llama
                                ? llama(LlamaConfig.from(given.config()), given, workbench)
                                : t5(T5Config.from(given.config()), given, workbench);
                Tensor features = encoder.encode(ids, mask)) {
            float[] hidden = features.floats();
            if (llama) {
                zeroPadding(hidden, mask, encoder.width());
            }
            return Map.of("hidden", hidden);
        }
    }

    private static TextEncoder t5(T5Config config, ConformanceCase given, Workbench workbench) {
        Torch torch = workbench.torch();
        WeightSource weights = given.weights();
        return TextEncoder.load(
                torch, config, weights, workbench.precision(), residency(weights(config)));
    }

    private static TextEncoder llama(
            LlamaConfig config, ConformanceCase given, Workbench workbench) {
        Torch torch = workbench.torch();
        WeightSource weights = given.weights();
        return TextEncoder.load(
                torch, config, weights, workbench.precision(), residency(weights(config)));
    }

    static Residency residency(long weights) {
        return weights > RESIDENT_LIMIT ? Residency.STREAMED : Residency.RESIDENT;
    }

    /** About how many weights there are: the large matrices. */
    private static long weights(T5Config c) {
        long layer = 4L * c.dModel() * c.numHeads() * c.dKv() + 3L * c.dModel() * c.dFf();
        return (long) c.vocabSize() * c.dModel() + c.numLayers() * layer;
    }

    private static long weights(LlamaConfig c) {
        long attention = 2L * (c.numAttentionHeads() + c.numKeyValueHeads()) * c.headDim();
        long layer = c.hiddenSize() * (attention + 3L * c.intermediateSize());
        return (long) c.vocabSize() * c.hiddenSize() + c.numHiddenLayers() * layer;
    }

    private static void zeroPadding(float[] hidden, long[][] mask, int width) {
        int length = mask[0].length;
        for (int i = 0; i < hidden.length; i++) {
            int position = i / width;
            if (mask[position / length][position % length] == 0) {
                hidden[i] = 0;
            }
        }
    }
}
