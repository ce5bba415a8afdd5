package io.ella.encoders;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.WeightSource;
import java.util.List;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A language model with its weights, resident or streamed. */
final class LayeredEncoder implements TextEncoder {
    private static final Logger LOG = LoggerFactory.getLogger(LayeredEncoder.class);

    private final Torch torch;
    private final LayeredModel model;
    private final Precision precision;
    private final LayerStack stack;
    private volatile boolean open = true;

    private LayeredEncoder(Torch torch, LayeredModel model, Precision precision, LayerStack stack) {
        this.torch = torch;
        this.model = model;
        this.precision = precision;
        this.stack = stack;
    }

    static LayeredEncoder load(
            Torch torch,
            LayeredModel model,
            WeightSource source,
            Precision asked,
            Residency residency) {
        Precision precision = resolve(model.name(), asked, torch);
        boolean loaded = false;
        try {
            UnaryOperator<String> names = model.storedNames(source);
            List<ParameterSpec> declared =
                    ResidentStack.graph(model).parameters().stream()
                            .map(p -> new ParameterSpec(names.apply(p.name()), p.shape()))
                            .toList();
            source.check(declared, model::ignorable);
            LayerStack stack =
                    switch (residency) {
                        case RESIDENT -> new ResidentStack(torch, model, source, names, precision);
                        case STREAMED -> new StreamedStack(torch, model, source, names, precision);
                    };
            loaded = true;
            return new LayeredEncoder(torch, model, precision, stack);
        } finally {
            if (!loaded) {
                source.close();
            }
        }
    }

    /** Text encoders visibly change images when they compute in bf16, so it is never picked. */
    static Precision resolve(String model, Precision asked, Torch torch) {
        if (asked != Precision.AUTO) {
            return asked;
        }
        Precision picked = torch.device().isCuda() ? Precision.FP16 : Precision.FP32;
        LOG.info("{}: precision {} on {}", model, picked, torch.device());
        return picked;
    }

    @Override
    public int width() {
        return model.width();
    }

    @Override
    public int maxLength() {
        return model.maxLength();
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public Tensor encode(long[][] ids, long[][] mask) {
        TokenBatch batch =
                TokenBatch.of(model.name(), ids, mask, model.vocabulary(), model.maxLength());
        if (!open) {
            throw new EllaException("the " + model.name() + " was used after it was closed");
        }
        List<Tensor> inputs = model.inputs(torch, batch);
        try {
            return stack.run(batch, inputs);
        } finally {
            inputs.forEach(Tensor::close);
        }
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            stack.close();
        }
    }
}
