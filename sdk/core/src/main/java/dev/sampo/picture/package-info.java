/**
 * Pictures, and the models that make them at one go or pixel by pixel. Enter at the pipeline of your model: {@link dev.sampo.picture.GanPipeline}, {@link dev.sampo.picture.StyleGanPipeline},
 * {@link dev.sampo.picture.VaePipeline}, {@link dev.sampo.picture.AutoencoderPipeline}, {@link dev.sampo.picture.PixelCnnPipeline}, {@link dev.sampo.picture.ImageToImagePipeline}. {@link dev.sampo.picture.LatentSearch}
 * finds the latent of a given picture in any decoder. {@link dev.sampo.picture.PictureBatch} is a batch of float pictures, {@link dev.sampo.picture.Pixels} one of bytes.
 *
 * <p>Each is opened from a folder with a {@code sampo.json}; graphs of others keep the names of their inputs and outputs, which {@code
 * sampo.json} maps. A pipeline is shared by threads and closed by whoever opened it. A request is an immutable record; the same
 * request gives the same result, byte for byte on a CPU.
 */
@NullMarked
package dev.sampo.picture;

import org.jspecify.annotations.NullMarked;
