/**
 * Pipelines of the families that are neither text nor diffusion. Enter at the one of your model: {@link
 * dev.sampo.latent.GanPipeline}, {@link dev.sampo.latent.StyleGanPipeline}, {@link dev.sampo.latent.VaePipeline}, {@link
 * dev.sampo.latent.AutoencoderPipeline}, {@link dev.sampo.latent.PixelCnnPipeline}, {@link dev.sampo.latent.WaveNetPipeline},
 * {@link dev.sampo.latent.ForecastPipeline}, {@link dev.sampo.latent.ImageToImagePipeline}. {@link dev.sampo.latent.LatentSearch} finds
 * the latent of a given picture in any decoder.
 *
 * <p>Each is opened from a folder with a {@code sampo.json}; graphs of others keep the names of their inputs and outputs, which {@code
 * sampo.json} maps. A pipeline is shared by threads and closed by whoever opened it. A request is an immutable record; the same
 * request gives the same result, byte for byte on a CPU.
 */
@NullMarked
package dev.sampo.latent;

import org.jspecify.annotations.NullMarked;
