package io.ella.core.torch;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import java.nio.ByteBuffer;

/**
 * Takes what Java has made to a GPU through page-locked memory, so that the host goes on while it
 * is copied. libtorch keeps such memory, and gives it out again when the copy from it has ended.
 */
final class PinnedUpload implements AutoCloseable {
    private static final String UPLOAD =
            """
              def forward(self: __torch__.Model, x: Tensor, device: str) -> Tensor:
                pinned = torch.pin_memory(x)
                r = torch.to(pinned, torch.device(device), None, True)
                return r
            """;

    private final Torch torch;
    private final PtSymbolBlock script;

    /** Arrays on their way are its own; it is closed with the device's. */
    private final PtNDManager host;

    PinnedUpload(Torch torch) {
        this.torch = torch;
        this.script = torch.load("the upload", ScriptArchive.of(UPLOAD));
        this.host = torch.manager().newSubManager(ai.djl.Device.cpu());
    }

    PtNDArray upload(ByteBuffer bytes, Shape shape, DataType type) {
        try (PtNDArray array = host.create(bytes, shape, type);
                IValue from = IValue.from(array);
                IValue to = IValue.from(torch.device().toString());
                IValue result = script.forward(from, to)) {
            return result.toTensor(torch.manager());
        }
    }

    @Override
    public void close() {
        host.close();
        script.close();
    }
}
