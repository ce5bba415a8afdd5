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

    private final String device;
    private final PtNDManager manager;
    private final PtNDManager host;
    private final PtSymbolBlock script;

    /**
     * @param torch where to
     * @param host owns the arrays on their way
     */
    PinnedUpload(Torch torch, PtNDManager host) {
        this.device = torch.device().toString();
        this.manager = torch.manager();
        this.host = host;
        this.script = torch.load("the upload", ScriptArchive.of(UPLOAD));
    }

    PtNDArray upload(ByteBuffer bytes, Shape shape, DataType type) {
        try (PtNDArray array = host.create(bytes, shape, type);
                IValue from = IValue.from(array);
                IValue to = IValue.from(device);
                IValue result = script.forward(from, to)) {
            return result.toTensor(manager);
        }
    }

    @Override
    public void close() {
        script.close();
        host.close();
    }
}
