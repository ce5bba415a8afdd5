package io.ella.encoders;

import io.ella.core.weights.StoredTensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Tensors of conformance cases as the encoders take and give them. */
final class Cases {

    private Cases() {}

    /** {@return the rows of [B, L]} */
    static long[][] rows(StoredTensor tensor) {
        int length = tensor.shape().get(1).intValue();
        long[] flat = tensor.longArray();
        return IntStream.range(0, flat.length / length)
                .mapToObj(i -> Arrays.copyOfRange(flat, i * length, (i + 1) * length))
                .toArray(long[][]::new);
    }

    /** Overwrites features [B, L, width] where the mask is 0. */
    static void zeroPadding(float[] features, long[][] mask, int width) {
        long[] flat = Arrays.stream(mask).flatMapToLong(Arrays::stream).toArray();
        for (int i = 0; i < flat.length; i++) {
            if (flat[i] == 0) {
                Arrays.fill(features, i * width, (i + 1) * width, 0);
            }
        }
    }
}
