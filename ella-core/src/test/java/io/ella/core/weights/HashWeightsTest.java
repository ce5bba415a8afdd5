package io.ella.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected bits are those of the conformance cases' own definition, run in NumPy. */
class HashWeightsTest extends WeightSourceContract {

    @Override
    WeightSource source() {
        return new HashWeights(7);
    }

    @Override
    Map<ParameterSpec, float[]> expected() {
        ParameterSpec conv = ParameterSpec.of("down.conv.weight", 4, 3, 3, 3);
        ParameterSpec bias = ParameterSpec.of("down.conv.bias", 4);
        return Map.of(
                conv,
                new HashWeights(7).tensor(conv).floatArray(),
                bias,
                new float[] {
                    Float.intBitsToFloat(0xbc813c8a),
                    Float.intBitsToFloat(0x3bf78fb3),
                    Float.intBitsToFloat(0x3c471c27),
                    Float.intBitsToFloat(0x3c00033a)
                });
    }

    // Columns: name, shape, seed, the first three elements and the last.
    @ParameterizedTest
    @CsvSource({
        "down.conv.weight,              4 3 3 3, 7,   bcdbe296, be1b5e0b, 3e3e0fd0, 3ea9d61b",
        "down.conv.bias,                4,       7,   bc813c8a, 3bf78fb3, 3c471c27, 3c00033a",
        "norm.weight,                   5,       0,   3f73dce8, 3f67c72d, 3f81ce2e, 3f66a63b",
        "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight,"
                + "                     32 8,    11,  be6b6268, 3ea53add, 3eadd1e2, bebf248f",
        "relative_attention_bias,       3 4,     2,   3edd37ee, 3eb25816, 3f42de48, 3f068d62",
        "x.relative_attention_bias,     4,       3,   3f845688, 3f7a6bd4, 3f8ab1c2, 3f8077c2",
        "lin.weight,                    6 5,     -3,  bcbce075, 3e358eff, bdd6d587, 3f2e3566",
        "größe.weight,                  2 7,     1234567890123,"
                + "                                   3e4d5e85, bf019909, be42d720, 3d5a3933",
        "connector.latents,             64 768,  1,   3d144152, 3d55f29c, 3b0b9300, bc402cb8",
    })
    void equalsTheReferenceBitForBit(
            String name, String shape, long seed, String a, String b, String c, String last) {
        List<Long> sizes = List.of(shape.split(" ", -1)).stream().map(Long::valueOf).toList();
        float[] values = new HashWeights(seed).tensor(new ParameterSpec(name, sizes)).floatArray();
        assertThat(values[0]).isEqualTo(bits(a));
        assertThat(values[1]).isEqualTo(bits(b));
        assertThat(values[2]).isEqualTo(bits(c));
        assertThat(values[values.length - 1]).isEqualTo(bits(last));
    }

    private static float bits(String hex) {
        return Float.intBitsToFloat(Integer.parseUnsignedInt(hex, 16));
    }

    @Test
    void uniformEqualsTheReferenceBitForBit() {
        assertThat(HashWeights.uniform("in.sample", new long[] {2, 3}, 9))
                .containsExactly(
                        bits("bd516da0"),
                        bits("bf163776"),
                        bits("3e1e9d18"),
                        bits("bf3f735c"),
                        bits("bf4982dc"),
                        bits("3ec2a4a0"));
        assertThat(HashWeights.uniform("scalar", new long[0], 5)).hasSize(1);
        assertThatThrownBy(() -> HashWeights.uniform("x", new long[] {1L << 40}, 5))
                .isInstanceOf(EllaException.class);
    }

    @Test
    void chunksMeetWithoutASeam() {
        float[] values = HashWeights.uniform("big", new long[] {9_000_000}, 3);
        assertThat(values[4_194_303]).isEqualTo(bits("3eae3388"));
        assertThat(values[4_194_304]).isEqualTo(bits("bc596a80"));
        assertThat(values[8_388_608]).isEqualTo(bits("be81e534"));
        assertThat(values[8_999_999]).isEqualTo(bits("be07e418"));
    }

    @Test
    void fillsARange() {
        ParameterSpec spec = ParameterSpec.of("a.weight", 30, 20);
        float[] whole = new HashWeights(3).tensor(spec).floatArray();
        ByteBuffer memory = ByteBuffer.allocateDirect(4 * 12).position(4).limit(44);
        new HashWeights(3).tensor(spec).read(100, memory);
        assertThat(memory.position()).isEqualTo(4);
        StoredTensor range = StoredTensor.of("r", DType.F32, List.of(10L), List.of(memory));
        assertThat(range.floatArray()).containsExactly(Arrays.copyOfRange(whole, 100, 110));
        assertThatThrownBy(() -> new HashWeights(3).tensor(spec).read(591, memory))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("has 600 elements: 40 bytes from element 591");
    }

    @Test
    void viewsAreComputedAsWell() {
        StoredTensor tensor = new HashWeights(3).tensor(ParameterSpec.of("a.weight", 30, 20));
        assertThat(tensor.isComputed()).isTrue();
        float[] whole = tensor.floatArray();
        StoredTensor rows = tensor.rows(3, 5).renamed("b").reshaped(40);
        assertThat(rows.isComputed()).isTrue();
        assertThat(rows.floatArray()).containsExactly(Arrays.copyOfRange(whole, 60, 100));
    }

    @Test
    void acceptsAnyModel() {
        WeightSource source = new HashWeights(1);
        source.check(List.of(ParameterSpec.of("whatever", 3)), name -> false);
        assertThat(source.names()).isEmpty();
        assertThat(source.find("whatever")).isEmpty();
        assertThat(source.tensor(ParameterSpec.of("empty", 0, 3)).floatArray()).isEmpty();
    }
}
