package dev.sampo.picture;

/**
 * Pictures with what they were made from.
 *
 * @param pictures the pictures
 * @param latents z of each, {@code [count][size]}
 * @param labels class of each; empty for a model without classes
 * @param scores discriminator score of each; empty where none was asked for
 */
@SuppressWarnings("ArrayRecordComponent") // plain carriers, never compared
public record LatentResult(
    PictureBatch pictures, float[][] latents, long[] labels, float[] scores) {}
