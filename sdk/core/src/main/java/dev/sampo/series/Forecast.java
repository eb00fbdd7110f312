package dev.sampo.series;

/**
 * Futures of a series.
 *
 * @param paths drawn futures, {@code [paths][horizon][channels]}
 * @param quantiles over the paths, {@code [quantiles][horizon][channels]}
 * @param nextMean mean of the first step ahead as the net gives it, {@code [channels]}
 * @param nextDeviation its standard deviation
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
public record Forecast(
    float[][][] paths, double[][][] quantiles, float[] nextMean, float[] nextDeviation) {}
