package io.ella.unet;

import io.ella.core.graph.Dim;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Recorder;
import io.ella.core.graph.Value;
import org.jspecify.annotations.Nullable;

/**
 * What a U-Net or ControlNet reads.
 *
 * @param timestep [1] or [B], in 32 bits
 * @param pooled [B, pooledDim]; null unless the model has text-time conditioning (SDXL)
 * @param timeIds [B, 6], in 32 bits; null likewise
 * @param sample [B, inChannels, H, W]
 * @param context [B, S, crossAttentionDim], or for guidance [2·B, S, crossAttentionDim]
 */
record UNetInputs(
        Value timestep,
        @Nullable Value pooled,
        @Nullable Value timeIds,
        Value sample,
        Value context) {

    /** Declares them as the inputs of a graph, in this order; of timesteps there are so many. */
    static UNetInputs declare(Recorder g, UNetConfig config, Dim timesteps) {
        Dim batch = Dim.symbol("B");
        Value timestep = g.input("timestep", ElementType.FLOAT32, timesteps);
        Value pooled = null;
        Value timeIds = null;
        if (config.hasTextTime()) {
            pooled = g.input("pooled", batch, Dim.of(config.pooledDim()));
            Dim ids = Dim.of(UNet2DConditionModel.TIME_IDS);
            timeIds = g.input("time_ids", ElementType.FLOAT32, batch, ids);
        }
        Value sample = sample(g, config, batch);
        Value context =
                g.input("context", batch, Dim.symbol("S"), Dim.of(config.crossAttentionDim()));
        return new UNetInputs(timestep, pooled, timeIds, sample, context);
    }

    /** Usually as large as what the model was trained on. */
    static Value sample(Recorder g, UNetConfig config, Dim batch) {
        Dim height = Dim.symbol("H");
        Dim width = Dim.symbol("W");
        g.usual(height, config.sampleSize());
        g.usual(width, config.sampleSize());
        return g.input("sample", batch, Dim.of(config.inChannels()), height, width);
    }
}
