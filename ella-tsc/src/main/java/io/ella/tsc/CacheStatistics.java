package io.ella.tsc;

/**
 * What a connector has done since it was loaded.
 *
 * @param runs native calls of the network
 * @param hits timesteps whose queries were there already
 * @param misses timesteps whose queries had to be computed
 * @param entries timesteps whose queries are kept
 * @param bytes the memory that these take
 */
public record CacheStatistics(long runs, long hits, long misses, int entries, long bytes) {}
