package dev.sampo.picture;

import dev.sampo.samplers.latent.Interpolation;
import dev.sampo.samplers.latent.LatentGrid;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model that turns latents into pictures, and with an encoder pictures into latents. */
public sealed interface LatentDecoder extends PictureModel
    permits AutoencoderPipeline, GanPipeline, StyleGanPipeline, VaePipeline {
  /** Numbers in one latent. */
  int latentSize();

  /** The shape of one latent as the decoder takes it: {@code [size]}, or {@code [channels, height, width]} where latents are spatial. */
  long[] latentShape();

  /** Whether decoding wants a class: {@link #classes()} has some, and a latent alone does not say which. */
  boolean decodesClasses();

  /** Whether pictures can be encoded. */
  boolean hasEncoder();

  /** Pictures of latents, {@code [count][latentSize]}; of a model with classes in turn. */
  default PictureBatch decode(float[][] z) {
    return decode(z, Collections.emptyList());
  }

  /**
   * Pictures of latents.
   *
   * @param z {@code [count][latentSize]}
   * @param classLabels one for all, one each, or none
   * @throws dev.sampo.error.RequestException when sizes or labels do not fit the model
   */
  PictureBatch decode(float[][] z, List<Integer> classLabels);

  /**
   * Latents of pictures, {@code [count][latentSize]}: features of an autoencoder, of a VAE the posterior's means.
   *
   * @throws dev.sampo.error.RequestException when the model has no encoder, or the pictures do not fit
   */
  float[][] latentsOf(PictureBatch pictures);

  /** Encodes and decodes. */
  default PictureBatch reconstruct(PictureBatch pictures) {
    return decode(latentsOf(pictures));
  }

  /** Pictures along the way from one latent to another, both included, all of one class where there are classes. */
  default PictureBatch interpolate(
      float[] from, float[] to, int count, Interpolation way, List<Integer> classLabel) {
    return decode(way.path(from, to, count), classLabel);
  }

  /** Pictures while one number of a latent goes from one value to another. */
  default PictureBatch walk(float[] z, int dimension, double from, double to, int count) {
    return decode(LatentGrid.walk(z, dimension, from, to, count));
  }

  /** The file of the one graph that turns a latent into a picture, for searches along its gradient; null where it takes several. */
  @Nullable Path decoderFile();
}
