package io.ella.core.random;

import io.ella.core.EllaException;

/**
 * PyTorch's CPU generator: {@code torch.Generator("cpu").manual_seed(seed)}.
 *
 * <p>A Mersenne Twister (mt19937, Matsumoto and Nishimura 1998) and the two ways in which PyTorch
 * makes normal numbers of it: at least 16 values come from 24-bit uniforms, Box–Muller in blocks of
 * 16; fewer come from 53-bit uniforms, one pair at a time, of which the second value is kept for
 * the next such call. Sources: {@code aten/src/ATen/core/MT19937RNGEngine.h}, {@code
 * DistributionsHelper.h} and {@code native/cpu/DistributionTemplates.h} of PyTorch.
 *
 * <p>Values agree with PyTorch's to a few units in the last place. Not thread-safe: use one
 * generator per request.
 */
public final class TorchGenerator {
    private static final int STATE = 624;
    private static final int SHIFT = 397;
    private static final int BLOCK = 16;

    private final int[] state = new int[STATE];
    private int next = STATE;
    private double cachedNormal = Double.NaN;

    /**
     * Starts the stream of a seed.
     *
     * @param seed any value; like PyTorch's generator, this one uses the low 32 bits only
     */
    public TorchGenerator(long seed) {
        state[0] = (int) seed;
        for (int i = 1; i < STATE; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
        }
    }

    /**
     * Draws standard normal values as {@code torch.randn} does for a float32 tensor of {@code n}
     * elements, in row-major order. Successive calls continue the stream.
     *
     * @param n the number of values, zero or more
     * @return a new array of {@code n} values
     * @throws EllaException if {@code n} is negative
     */
    public float[] randn(int n) {
        if (n < 0) {
            throw new EllaException("Cannot draw " + n + " random values: expected zero or more.");
        }
        float[] values = new float[n];
        if (n < BLOCK) {
            for (int i = 0; i < n; i++) {
                values[i] = (float) normal();
            }
            return values;
        }
        for (int i = 0; i < n; i++) {
            values[i] = uniform24();
        }
        for (int i = 0; i + BLOCK <= n; i += BLOCK) {
            boxMuller(values, i);
        }
        if (n % BLOCK != 0) { // the last 16 values are drawn afresh, over the end of the last block
            for (int i = n - BLOCK; i < n; i++) {
                values[i] = uniform24();
            }
            boxMuller(values, n - BLOCK);
        }
        return values;
    }

    /** Turns 16 uniforms into normals: 8 radii, then 8 angles. */
    private static void boxMuller(float[] values, int from) {
        for (int i = from; i < from + BLOCK / 2; i++) {
            float u1 = 1 - values[i]; // in (0, 1], for the logarithm
            float u2 = values[i + BLOCK / 2];
            float radius = (float) Math.sqrt(-2 * (float) Math.log(u1));
            float theta = (float) (2 * Math.PI * u2);
            values[i] = radius * (float) Math.cos(theta);
            values[i + BLOCK / 2] = radius * (float) Math.sin(theta);
        }
    }

    private double normal() {
        if (!Double.isNaN(cachedNormal)) {
            double value = cachedNormal;
            cachedNormal = Double.NaN;
            return value;
        }
        double u1 = uniform53();
        double u2 = uniform53();
        double radius = Math.sqrt(-2 * Math.log1p(-u2));
        double theta = 2 * Math.PI * u1;
        cachedNormal = radius * Math.sin(theta);
        return radius * Math.cos(theta);
    }

    private float uniform24() {
        return (nextInt() & 0xFFFFFF) * 0x1p-24f;
    }

    private double uniform53() {
        long high = nextInt() & 0xFFFFFFFFL;
        long low = nextInt() & 0xFFFFFFFFL;
        return (((high << 32) | low) & 0x1FFFFFFFFFFFFFL) * 0x1p-53;
    }

    private int nextInt() {
        if (next == STATE) {
            twist();
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >>> 18);
    }

    private void twist() {
        for (int i = 0; i < STATE; i++) {
            int y = (state[i] & 0x80000000) | (state[(i + 1) % STATE] & 0x7FFFFFFF);
            int mix = (y & 1) == 0 ? 0 : 0x9908B0DF;
            state[i] = state[(i + SHIFT) % STATE] ^ (y >>> 1) ^ mix;
        }
        next = 0;
    }
}
