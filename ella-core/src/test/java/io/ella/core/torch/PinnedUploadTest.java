package io.ella.core.torch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** As far as it goes without a GPU: up to the page-locked memory that only a driver gives. */
class PinnedUploadTest {

    @Test
    void asksForPageLockedMemory() {
        try (Torch torch = Torch.open(Device.CPU);
                PinnedUpload upload = new PinnedUpload(torch)) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
            assertThatThrownBy(() -> upload.upload(bytes, new Shape(2), DataType.FLOAT32))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("pin_memory");
        }
    }
}
