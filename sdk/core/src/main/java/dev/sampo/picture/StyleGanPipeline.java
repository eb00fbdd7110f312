package dev.sampo.picture;

import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.StyleMixing;
import java.nio.file.Path;
import java.util.List;

/**
 * Pictures from a style-based generator (Karras et al. 2018, arXiv:1812.04948): a mapping network turns noise into a style w, and the
 * synthesis network takes one style a layer, so that styles can be truncated, mixed and interpolated.
 *
 * <p>The noise is PyTorch's: {@code torch.manual_seed(seed); z = torch.randn(count, size)}. Noise inputs of the synthesis network, where it
 * has any, are drawn after z from the same stream.
 */
public non-sealed interface StyleGanPipeline extends LatentDecoder {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no StyleGAN or its files do not fit; the message says what differs
   */
  static StyleGanPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static StyleGanPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static StyleGanPipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxStyleGan.open(folder, config);
  }

  /** Numbers in one style. */
  int styleSize();

  /** Layers that take a style. */
  int layers();

  /**
   * Styles of latents.
   *
   * @param z {@code [count][latentSize]}
   * @return {@code [count][layers * styleSize]}
   */
  float[][] map(float[][] z, List<Integer> classLabels);

  /**
   * Pictures of styles, as {@link #map} gives them or {@link StyleMixing} changes them.
   *
   * @param styles {@code [count][layers * styleSize]}, or {@code [count][styleSize]} for the same style in every layer
   * @param noiseSeed of the noise inputs, where the synthesis network has any
   */
  PictureBatch synthesize(float[][] styles, long noiseSeed);

  /**
   * The mean style of a class, or of all: what {@code sampo.json} states, or else the mean of the styles of 4,096 latents of seed 0.
   *
   * @param label the class, or -1 for a model without classes
   */
  float[] meanStyle(int label);
}
