package dev.sampo.series;

import dev.sampo.Timings;

/**
 * Futures of a series.
 *
 * @param paths drawn futures, {@code [paths][horizon][channels]}
 * @param quantiles over the paths, {@code [quantiles][horizon][channels]}
 * @param nextMean mean of the first step ahead as the net gives it (of a channel with a power, of its root), {@code [channels]}
 * @param nextDeviation its standard deviation
 * @param seed of the draws, asked for or drawn: the same request with it gives the same futures
 * @param timings where the time went; its steps are steps ahead
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
public record Forecast(
    float[][][] paths,
    double[][][] quantiles,
    float[] nextMean,
    float[] nextDeviation,
    long seed,
    Timings timings) {}
