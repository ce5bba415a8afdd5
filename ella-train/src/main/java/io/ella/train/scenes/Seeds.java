package io.ella.train.scenes;

import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Random streams that depend on nothing but their seeds. */
final class Seeds {
    private Seeds() {}

    /** No stream: always what is likeliest, or the first. */
    static final RandomGenerator NO_CHOICE =
            new RandomGenerator() {
                @Override
                public long nextLong() {
                    return 0;
                }

                @Override
                public int nextInt(int bound) {
                    return 0;
                }

                @Override
                public double nextDouble() {
                    return 0.5;
                }
            };

    /** The stream of one element of a data set. */
    static SplittableRandom stream(long seed, long index) {
        return new SplittableRandom(mix(mix(seed) + index));
    }

    /** Steele, Lea and Flood's mix of 64 bits (SplitMix64): neighbours become unrelated. */
    static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    static <T> T pick(RandomGenerator random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    static <T> T pick(RandomGenerator random, T[] choices) {
        return choices[random.nextInt(choices.length)];
    }

    static boolean chance(RandomGenerator random, double probability) {
        return random.nextDouble() < probability;
    }
}
