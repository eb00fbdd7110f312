package dev.sampo.picture;

import dev.sampo.Timings;

/**
 * Pictures with what they were made from.
 *
 * @param pictures the pictures
 * @param seed of the noise, asked for or drawn: the same request with it gives the same pictures
 * @param latents z of each, {@code [count][size]}; empty for a model without latents
 * @param labels class of each; empty for a model without classes
 * @param scores discriminator score of each; empty where none was asked for
 * @param timings where the time went
 */
@SuppressWarnings("ArrayRecordComponent") // plain carriers, never compared
public record PictureResult(
    PictureBatch pictures,
    long seed,
    float[][] latents,
    long[] labels,
    float[] scores,
    Timings timings) {}
