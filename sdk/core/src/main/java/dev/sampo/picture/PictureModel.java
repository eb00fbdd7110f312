package dev.sampo.picture;

import dev.sampo.Model;
import dev.sampo.specs.ImageFormat;
import java.util.List;

/**
 * A model that draws pictures at one go or pixel by pixel, whatever its family: what a server or a command needs of all of them.
 *
 * <pre>{@code
 * try (PictureModel model = Sampo.open(folder, PictureModel.class)) {
 *   PictureResult result = model.sample(PictureRequest.builder().seed(42).count(10).build());
 *   Pixels first = result.pictures().pixels(0);
 * }
 * }</pre>
 *
 * <p>The noise is PyTorch's: {@code torch.manual_seed(seed)}, then {@code torch.randn} and so on, as the family's interface says.
 */
public sealed interface PictureModel extends Model permits LatentDecoder, PixelCnnPipeline {
  /** Size, channels and range of the pictures; height and width are 0 where any will do. */
  ImageFormat image();

  /** Names of the classes; empty for a model without. */
  List<String> classes();

  /**
   * Draws pictures. Progress counts pictures (of a PixelCNN pixels, with {@code oversample} candidates).
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model: it names the option
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link PictureResult} of the pictures that were done
   */
  PictureResult sample(PictureRequest request);

  /**
   * One number a picture: how real it looks to a discriminator, how likely it is, how strange; {@link Scores#meaning()} says which.
   *
   * @param classLabels one for all pictures, one each, or none
   * @param seed of the draws where the family needs any (a VAE's bound)
   * @throws dev.sampo.error.RequestException when the model cannot score
   */
  Scores score(PictureBatch pictures, List<Integer> classLabels, long seed);

  /**
   * Scores of pictures.
   *
   * @param meaning what the numbers are, and whether more is better
   * @param values one a picture
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  record Scores(String meaning, double[] values) {}
}
