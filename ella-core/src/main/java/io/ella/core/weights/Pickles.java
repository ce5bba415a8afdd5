package io.ella.core.weights;

import io.ella.core.EllaException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Recognises the checkpoints that are refused: Python pickles, bare or in PyTorch's ZIP. */
final class Pickles {

    private static final List<String> ENDINGS = List.of(".ckpt", ".bin", ".pt", ".pth", ".pkl");

    private Pickles() {}

    static boolean isNamedLikeOne(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(name::endsWith);
    }

    /** Whether the first bytes are those of a ZIP, or of a pickle of protocol 2 to 5. */
    static boolean beginsLikeOne(ByteBuffer head) {
        if (head.limit() < 4) {
            return false;
        }
        boolean zip =
                head.get(0) == 'P' && head.get(1) == 'K' && head.get(2) == 3 && head.get(3) == 4;
        boolean pickle = head.get(0) == (byte) 0x80 && head.get(1) >= 2 && head.get(1) <= 5;
        return zip || pickle;
    }

    static EllaException refusal(String found) {
        return new EllaException(
                found
                        + " is a Python pickle, which can execute code when it is opened; only"
                        + " .safetensors files are read. The official repositories usually carry a"
                        + " .safetensors file beside it; else convert it where you trust it:"
                        + " safetensors.torch.save_file(torch.load(FILE, weights_only=True),"
                        + " \"model.safetensors\").");
    }
}
