package io.ella.unet;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.StoredTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What a LoRA holds for one weight.
 *
 * @param up [out, rank], or with a 1×1 kernel
 * @param down [rank, in], or with the kernel of the convolution
 * @param rank the rank
 * @param scale scale · alpha / rank
 */
record LoraFactors(StoredTensor up, StoredTensor down, int rank, float scale) {

    /** Refuses factors whose product does not have the shape of the weight. */
    static void check(
            String description,
            String module,
            StoredTensor down,
            StoredTensor up,
            ParameterSpec target) {
        List<Long> product = new ArrayList<>(down.shape());
        boolean fits = !down.shape().isEmpty() && !up.shape().isEmpty() && down.elements() > 0;
        if (fits) {
            long rank = product.set(0, up.shape().get(0));
            List<Long> upShape = List.of(up.shape().get(0), rank);
            fits =
                    withoutKernel(up.shape()).equals(upShape)
                            && withoutKernel(product).equals(withoutKernel(target.shape()));
        }
        if (!fits) {
            throw new EllaException(
                    "%s: \"%s\" has factors %s (down) and %s (up), which do not multiply to the %s of \"%s\". Is this a LoRA for another model?"
                            .formatted(
                                    description,
                                    module,
                                    down.shape(),
                                    up.shape(),
                                    target.shape(),
                                    target.name()));
        }
    }

    /** Linear layers were 1×1 convolutions in some versions of a model. */
    private static List<Long> withoutKernel(List<Long> shape) {
        boolean pointwise = shape.size() == 4 && shape.get(2) == 1 && shape.get(3) == 1;
        return pointwise ? shape.subList(0, 2) : shape;
    }
}
