package dev.sampo.picture;

import dev.sampo.Timings;

/**
 * Pictures that went through a net.
 *
 * @param pictures the pictures, {@link ImageToImagePipeline#scale()} times the size
 * @param timings where the time went; its steps are tiles
 */
public record ImageToImageResult(PictureBatch pictures, Timings timings) {}
