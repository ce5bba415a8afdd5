package io.ella.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoredTensorTest {

    @Test
    void convertsEveryType() {
        assertThat(
                        Tensors.raw(
                                        "d",
                                        DType.F64,
                                        List.of(1L),
                                        (byte) 0,
                                        (byte) 0,
                                        (byte) 0,
                                        (byte) 0,
                                        (byte) 0,
                                        (byte) 0,
                                        (byte) 0xf8,
                                        (byte) 0x3f)
                                .floatArray())
                .containsExactly(1.5f);
        assertThat(StoredTensor.of("f", new float[] {1, -2}, 2).floatArray())
                .containsExactly(1, -2);
        assertThat(Tensors.raw("h", DType.F16, List.of(1L), (byte) 0, (byte) 0xc0).floatArray())
                .containsExactly(-2);
        assertThat(Tensors.raw("b", DType.BF16, List.of(1L), (byte) 0x80, (byte) 0x3f).floatArray())
                .containsExactly(1);
        assertThat(StoredTensor.of("l", new long[] {-7, 1L << 40}, 2).floatArray())
                .containsExactly(-7, 0x1p40f);
        StoredTensor ints =
                Tensors.raw("i", DType.I32, List.of(), (byte) -2, (byte) -1, (byte) -1, (byte) -1);
        assertThat(ints.longArray()).containsExactly(-2);
        assertThat(ints.floatArray()).containsExactly(-2);
        assertThat(
                        Tensors.raw(
                                        "s",
                                        DType.I16,
                                        List.of(2L),
                                        (byte) 0,
                                        (byte) 1,
                                        (byte) -1,
                                        (byte) -1)
                                .longArray())
                .containsExactly(256, -1);
        assertThat(Tensors.raw("c", DType.I8, List.of(1L), (byte) 0x80).longArray())
                .containsExactly(-128);
        assertThat(Tensors.raw("u", DType.U8, List.of(1L), (byte) 0x80).longArray())
                .containsExactly(128);
        assertThat(Tensors.raw("t", DType.BOOL, List.of(2L), (byte) 0, (byte) 2).longArray())
                .containsExactly(0, 1);
        assertThatThrownBy(() -> StoredTensor.of("f", new float[1], 1).longArray())
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("\"f\" holds F32, expected integers");
    }

    @Test
    void encodesFloatingTypes() {
        float[] values = {1, -0.5f, 65504, 0};
        StoredTensor tensor = StoredTensor.of("x", values, 2, 2);
        for (DType type : new DType[] {DType.F64, DType.F32, DType.F16}) {
            StoredTensor encoded = tensor.to(type);
            assertThat(encoded.dtype()).isEqualTo(type);
            assertThat(encoded.bytes()).isEqualTo(4L * type.bytes());
            assertThat(encoded.floatArray()).containsExactly(values);
        }
        assertThat(tensor.to(DType.BF16).floatArray()).containsExactly(1, -0.5f, 65536, 0);
        assertThat(tensor.to(DType.F32)).isSameAs(tensor);
        assertThatThrownBy(() -> tensor.to(DType.I8)).isInstanceOf(EllaException.class);
    }

    @Test
    void partsAreDirectReadOnlyLittleEndianAndIndependent() {
        StoredTensor tensor = StoredTensor.of("x", new float[] {1, 2}, 2);
        ByteBuffer part = tensor.parts().get(0);
        assertThat(part.isDirect()).isTrue();
        assertThat(part.isReadOnly()).isTrue();
        assertThat(part.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(part.getFloat()).isEqualTo(1);
        assertThat(tensor.parts().get(0).position()).isZero();
    }

    @Test
    void viewsShareTheBytes() {
        StoredTensor tensor = Tensors.counting("a", 4, 3);
        StoredTensor view = tensor.renamed("b").rows(1, 3).reshaped(3, 1, 2);
        assertThat(view.name()).isEqualTo("b");
        assertThat(view.shape()).containsExactly(3L, 1L, 2L);
        assertThat(view.floatArray()).containsExactly(3, 4, 5, 6, 7, 8);
        assertThat(tensor.rows(2, 2).shape()).containsExactly(0L, 3L);
        assertThat(tensor.rows(2, 2).parts()).isEmpty();
        assertThat(tensor.shape()).containsExactly(4L, 3L);
    }

    @Test
    void rowsCrossParts() {
        ByteBuffer first = ByteBuffer.allocateDirect(3).put(new byte[] {0, 1, 2}).flip();
        ByteBuffer second = ByteBuffer.allocateDirect(5).put(new byte[] {3, 4, 5, 6, 7}).flip();
        StoredTensor tensor =
                StoredTensor.of("x", DType.I8, List.of(4L, 2L), List.of(first, second));
        assertThat(tensor.rows(1, 3).longArray()).containsExactly(2, 3, 4, 5);
        assertThat(tensor.rows(2, 4).longArray()).containsExactly(4, 5, 6, 7);
        assertThat(tensor.transposed().longArray()).containsExactly(0, 2, 4, 6, 1, 3, 5, 7);
    }

    @Test
    void transposesACopy() {
        StoredTensor transposed = Tensors.counting("a", 2, 3).transposed();
        assertThat(transposed.shape()).containsExactly(3L, 2L);
        assertThat(transposed.floatArray()).containsExactly(0, 3, 1, 4, 2, 5);
        assertThatThrownBy(() -> StoredTensor.of("v", new float[3], 3).transposed())
                .isInstanceOf(EllaException.class);
    }

    @Test
    void cutsAtRowsElseAtElements() {
        assertThat(StoredTensor.partBytes(100, DType.F32, List.of(5L, 5L), 64)).isEqualTo(60);
        assertThat(StoredTensor.partBytes(160, DType.F32, List.of(2L, 20L), 63)).isEqualTo(60);
        assertThat(StoredTensor.partBytes(8, DType.F64, List.of(), 64)).isEqualTo(64);
        assertThat(StoredTensor.partBytes(0, DType.F32, List.of(0L, 5L), 64)).isEqualTo(64);
    }

    @Test
    void holdsScalarsAndEmptyTensors() {
        StoredTensor scalar = StoredTensor.of("s", new float[] {7});
        assertThat(scalar.shape()).isEmpty();
        assertThat(scalar.elements()).isEqualTo(1);
        StoredTensor empty = StoredTensor.of("e", new float[0], 3, 0);
        assertThat(empty.elements()).isZero();
        assertThat(empty.floatArray()).isEmpty();
        assertThat(empty.rows(1, 2).shape()).containsExactly(1L, 0L);
    }

    @Test
    void refusesWhatDoesNotFit() {
        StoredTensor tensor = Tensors.counting("a", 4, 3);
        ByteBuffer heap = ByteBuffer.allocate(4);
        ByteBuffer direct = ByteBuffer.allocateDirect(6);
        assertThatThrownBy(() -> tensor.rows(3, 5))
                .isInstanceOf(EllaException.class)
                .hasMessage("\"a\" is [4, 3]: rows 3 to 5 are not in it.");
        assertThatThrownBy(() -> tensor.rows(-1, 2)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> tensor.reshaped(5, 3)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> tensor.reshaped(-4, -3)).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> StoredTensor.of("x", new float[3], 2, 2))
                .isInstanceOf(EllaException.class)
                .hasMessage("\"x\": [2, 2] has 4 elements, 3 values were given.");
        assertThatThrownBy(() -> StoredTensor.of("x", new long[3], 2, 2))
                .isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> StoredTensor.of("x", DType.F32, List.of(1L), List.of(heap)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("direct");
        assertThatThrownBy(() -> StoredTensor.of("x", DType.F32, List.of(1L), List.of(direct)))
                .isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> StoredTensor.of("x", DType.F16, List.of(2L), List.of(direct)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("takes 4 bytes, the buffers hold 6");
    }

    @Test
    void namesTheTypesThatAreSupported() {
        assertThat(DType.parse("BF16")).isEqualTo(DType.BF16);
        assertThatThrownBy(() -> DType.parse("F8_E4M3"))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("\"F8_E4M3\" is not supported; supported are [F64, F32,")
                .hasMessageContaining("F16 or BF16 variant");
        assertThatThrownBy(() -> DType.parse("f32")).isInstanceOf(EllaException.class);
    }
}
