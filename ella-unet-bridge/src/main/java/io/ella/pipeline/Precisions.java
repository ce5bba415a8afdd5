package io.ella.pipeline;

import io.ella.core.EllaException;
import io.ella.core.torch.Device;
import io.ella.core.torch.Precision;
import io.ella.core.torch.Torch;

/**
 * In what each component computes.
 *
 * @param text the text encoder and the connector: bf16 there visibly changes images
 * @param unet the U-Net
 * @param vae the autoencoder
 */
record Precisions(Precision text, Precision unet, Precision vae) {

    static Precisions choose(Device device, Precision asked) {
        if (device.isCuda()) {
            return switch (asked) {
                case AUTO, FP16 -> new Precisions(Precision.FP16, Precision.FP16, Precision.FP16);
                case BF16 -> new Precisions(Precision.FP16, Precision.BF16, Precision.BF16);
                case FP32 -> new Precisions(Precision.FP32, Precision.FP32, Precision.FP32);
            };
        }
        return switch (asked) {
            case AUTO -> choose(device, Torch.hasFastBf16() ? Precision.BF16 : Precision.FP32);
            case BF16 -> new Precisions(Precision.FP32, Precision.BF16, Precision.BF16);
            case FP32 -> new Precisions(Precision.FP32, Precision.FP32, Precision.FP32);
            case FP16 ->
                    throw new EllaException(
                            "fp16 is for GPUs, the device is cpu. Choose fp32 or bf16");
        };
    }
}
