package io.ella.core.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.ella.core.EllaException;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.conformance.ConformanceResources;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;

/** Against literal values of torch.randn (PyTorch 2.15, CPU) and the conformance case. */
class TorchGeneratorTest {
    private static final float[][] SMALL = {
        {-0.1467951f, 0.7861413f, 0.94682163f, -1.114344f, 1.6907902f},
        {-0.8948279f, -0.35562503f, 1.2323858f, 0.13817266f}
    };
    private static final float[][] MIXED = {
        {
            -0.076644294f,
            0.93112445f,
            -0.514462f,
            -1.6516654f,
            1.0460228f,
            0.522187f,
            -0.16680916f,
            0.0530334f,
            0.40460715f,
            2.2565572f,
            1.8692601f,
            -1.1952343f,
            0.9979224f,
            0.45918044f,
            2.436397f,
            -0.14680818f,
            0.485114f
        },
        {-0.21620859f, 0.13265114f, 0.39076436f},
        {
            1.0279965f,
            0.07189109f,
            -0.1844762f,
            -1.5158845f,
            0.91251725f,
            0.2538871f,
            -0.6923636f,
            -0.45542395f,
            -0.24814683f,
            -1.079961f,
            0.59162176f,
            0.72423935f,
            -0.34917733f,
            -0.528988f,
            -0.68947446f,
            0.9577804f
        },
        {0.086304486f},
        {
            1.9096979f,
            -1.5780637f,
            0.5071301f,
            0.20301233f,
            -0.20442277f,
            -0.4121379f,
            0.6873754f,
            -0.0752025f,
            1.1436113f,
            -0.12143672f,
            0.62639916f,
            -1.954093f,
            -1.2216325f,
            -0.3304183f,
            -0.4243016f,
            0.5124644f,
            1.0795444f,
            -0.6232017f,
            -0.011155106f,
            -0.35313487f,
            -0.8387979f,
            -1.2328641f,
            -0.68059605f,
            -0.49635023f,
            -0.6015765f,
            0.56170297f,
            1.4444133f,
            -0.20898445f,
            -3.1116748f,
            -0.4260095f,
            1.3343091f,
            -0.3281605f,
            1.6216359f
        },
        {-0.5988576f, -0.7795515f}
    };

    @Test
    void fewerThanSixteenValuesKeepTheSecondOfAPairForTheNextCall() {
        assertStream(7, SMALL);
    }

    @Test
    void callsOfAnySizeContinueOneStream() {
        assertStream(3, MIXED);
    }

    @Test
    void manyValuesThenAFew() {
        TorchGenerator generator = new TorchGenerator(11);
        float[] many = generator.randn(100_003);
        double sum = 0;
        double cubes = 0;
        for (float v : many) {
            sum += v;
            cubes += (double) v * v * v;
        }
        assertThat(sum).isCloseTo(-372.97469821776485, within(1e-2));
        assertThat(cubes).isCloseTo(136.5912022771838, within(1e-2));
        assertThat(many[0]).isCloseTo(-0.51079756f, within(1e-6f));
        assertThat(many[100_002]).isCloseTo(-2.0657122f, within(1e-6f));
        assertThat(generator.randn(2)[1]).isCloseTo(-0.79962736f, within(1e-6f));
    }

    @Test
    void onlyTheLowThirtyTwoBitsOfASeedCount() {
        assertThat(new TorchGenerator((1L << 40) + 123).randn(20))
                .isEqualTo(new TorchGenerator(123).randn(20));
        assertThat(new TorchGenerator(Long.MIN_VALUE + 5).randn(1)[0])
                .isCloseTo(-0.48678076f, within(1e-6f));
    }

    @Test
    void generatorsAreIndependent() {
        TorchGenerator a = new TorchGenerator(5);
        TorchGenerator b = new TorchGenerator(5);
        float[] first = a.randn(9);
        new TorchGenerator(6).randn(9);
        assertThat(b.randn(9)).isEqualTo(first);
        assertThat(a.randn(9)).isNotEqualTo(first);
    }

    @Test
    void noValuesAreNoDraw() {
        TorchGenerator generator = new TorchGenerator(1);
        assertThat(generator.randn(0)).isEmpty();
        assertThat(generator.randn(4)).isEqualTo(new TorchGenerator(1).randn(4));
        assertThatThrownBy(() -> generator.randn(-1))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("-1");
    }

    @Test
    void conformance() {
        ConformanceCase given = ConformanceResources.get("noise");
        JsonObject args = given.args().toJson();
        for (JsonElement seed : args.getAsJsonArray("seeds")) {
            for (JsonElement shape : args.getAsJsonArray("shapes")) {
                String name = "out." + seed.getAsLong() + "." + joined(shape.getAsJsonArray());
                float[] expected = given.tensors().tensor(name).floatArray();
                assertThat(new TorchGenerator(seed.getAsLong()).randn(expected.length))
                        .as(name)
                        .containsExactly(expected, offset(1e-5f));
            }
        }
    }

    private static String joined(JsonArray shape) {
        StringJoiner joiner = new StringJoiner("x");
        shape.forEach(size -> joiner.add(size.getAsString()));
        return joiner.toString();
    }

    private static void assertStream(long seed, float[][] calls) {
        TorchGenerator generator = new TorchGenerator(seed);
        for (float[] expected : calls) {
            assertThat(generator.randn(expected.length))
                    .as("seed %d, %d values", seed, expected.length)
                    .containsExactly(expected, offset(1e-6f));
        }
    }
}
