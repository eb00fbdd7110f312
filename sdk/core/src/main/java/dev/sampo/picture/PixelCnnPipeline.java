package dev.sampo.picture;

import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/**
 * Pictures pixel by pixel (van den Oord et al. 2016, arXiv:1601.06759 and 1606.05328), from logits over levels or from a mixture of
 * discretised logistics (PixelCNN++, arXiv:1701.05517); drawn from nothing or completed from what is given; and the bits a dimension of
 * given pictures.
 *
 * <p>Levels are drawn as {@code torch.multinomial(torch.softmax(logits / temperature, 1), 1)} draws them after {@code
 * torch.manual_seed(seed)}: pixel after pixel, channel after channel, all pictures of the batch at once. One run of the graph a pixel and
 * channel; rows below it are not fed, nor rows above that {@code receptive_rows} in {@code sampo.json} says do not matter.
 */
public non-sealed interface PixelCnnPipeline extends PictureModel {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no PixelCNN or its files do not fit; the message says what differs
   */
  static PixelCnnPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static PixelCnnPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static PixelCnnPipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxPixelCnn.open(folder, config);
  }

  /** How many values a channel of a pixel takes. */
  int levels();

  /**
   * Draws the missing pixels of given pictures. Each pixel follows from those above it and to its left, so what is known below has no
   * influence. Progress counts pixels.
   *
   * @param partial as many pictures as the request counts
   * @param known {@code [height][width]} row by row: true where a pixel is given; it is rounded to the nearest level
   * @throws dev.sampo.error.CancelledException when cancelled between two pixels or within a run; its partial is a {@link PictureResult} with
   *     the pixels that were drawn
   */
  PictureResult complete(PictureBatch partial, boolean[] known, PictureRequest request);

  /** {@link #bitsPerDimension(PictureBatch, List)} of pictures of a model without classes. */
  default double[] bitsPerDimension(PictureBatch pictures) {
    return bitsPerDimension(pictures, Collections.emptyList());
  }

  /**
   * How many bits a value (pixel and channel) of each picture costs: the negative log-likelihood to base 2. Pictures are rounded to the
   * nearest levels first.
   */
  double[] bitsPerDimension(PictureBatch pictures, List<Integer> classLabels);
}
