package dev.sampo.picture;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.specs.ImageFormat;
import java.nio.file.Path;

/**
 * Pictures to pictures in one pass: super-resolution, style, colour. Pictures of any size go through a graph of any size, whole or in
 * tiles that overlap; a graph that was exported with a fixed size gets tiles of that size, edge pixels repeated where a picture is smaller.
 */
public non-sealed interface ImageToImagePipeline extends Model {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no image-to-image model or its files do not fit; the message says what differs
   */
  static ImageToImagePipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static ImageToImagePipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static ImageToImagePipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxImageToImage.open(folder, config);
  }

  /** Channels and range of the pictures; height and width are 0 where any will do. */
  ImageFormat image();

  /** Output size over input size. */
  int scale();

  /**
   * Tiles for this model: of the size that the graph insists on, else of {@code tilePx}; with the overlap that {@code sampo.json} states,
   * else an eighth of a tile.
   *
   * @param tilePx wanted side of a tile; 0 for the whole picture at once where the graph allows it
   */
  Tiling tiling(int tilePx);

  /** The pictures through the net, whole where the graph allows it. */
  default ImageToImageResult run(PictureBatch pictures) {
    return run(ImageToImageRequest.builder(pictures).build());
  }

  /**
   * The pictures through the net, tile by tile; progress counts tiles. In the overlap of two tiles their results are blended linearly.
   *
   * @throws dev.sampo.error.RequestException when the graph's output is not {@link #scale} times its input
   * @throws dev.sampo.error.CancelledException when cancelled, without a partial: half a picture is none
   */
  ImageToImageResult run(ImageToImageRequest request);
}
