package dev.sampo.picture;

import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * Pictures from a GAN (Goodfellow et al. 2014, arXiv:1406.2661), with or without classes, and scores from its discriminator where the
 * folder has one.
 *
 * <pre>{@code
 * try (GanPipeline gan = GanPipeline.open(folder)) {
 *   PictureResult result = gan.sample(PictureRequest.builder().seed(42).count(10).build());
 *   Pixels first = result.pictures().pixels(0);
 * }
 * }</pre>
 *
 * <p>The noise is PyTorch's: {@code torch.manual_seed(seed); z = torch.randn(count, size)}.
 */
public non-sealed interface GanPipeline extends LatentDecoder {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no GAN or its files do not fit; the message says what differs
   */
  static GanPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static GanPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static GanPipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxGan.open(folder, config);
  }

  /** Whether pictures can be scored, and chosen by their scores. */
  boolean hasDiscriminator();

  /** The noise that {@link #sample} would use without a choice by score, {@code [count][latentSize]}. */
  float[][] latents(PictureRequest request);

  /**
   * How real pictures look to the discriminator; higher is more real.
   *
   * @throws dev.sampo.error.RequestException when the folder has no discriminator
   */
  float[] score(PictureBatch pictures, List<Integer> classLabels);
}
