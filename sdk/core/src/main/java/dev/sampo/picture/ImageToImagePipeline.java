package dev.sampo.picture;

import dev.sampo.Model;
import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.specs.ImageFormat;
import java.nio.file.Path;

/**
 * Pictures to pictures in one pass: super-resolution, style, colour. Pictures of any size go through a graph of any size, whole or in
 * tiles that overlap; a graph that was exported with a fixed size gets tiles of that size, edge pixels repeated where a picture is smaller.
 */
public final class ImageToImagePipeline implements Model {
  private final LatentModel model;
  private final NamedGraph generator;

  private ImageToImagePipeline(LatentModel model) {
    this.model = model;
    this.generator = model.graph("generator");
  }

  /** Opens a folder with default settings. */
  public static ImageToImagePipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Opens a folder.
   *
   * @throws dev.sampo.error.SampoException when it is no image-to-image model or its files do not fit
   */
  public static ImageToImagePipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graph of an opened folder. */
  public static ImageToImagePipeline open(ModelFolder folder, SessionConfig config) {
    return new ImageToImagePipeline(LatentModel.open(folder, Family.IMAGE_TO_IMAGE, config));
  }

  @Override
  public String name() {
    return model.json().name();
  }

  @Override
  public Family family() {
    return Family.IMAGE_TO_IMAGE;
  }

  /** Channels and range of the pictures; height and width are 0 where any will do. */
  public ImageFormat image() {
    return model.image();
  }

  /** Output size over input size. */
  public int scale() {
    return model.json().properties().integer("scale", 1);
  }

  /**
   * Tiles for this model: of the size that the graph insists on, else of {@code tilePx}; with the overlap that {@code sampo.json} states,
   * else an eighth of a tile.
   *
   * @param tilePx wanted side of a tile; 0 for the whole picture at once where the graph allows it
   */
  public Tiling tiling(int tilePx) {
    Shape shape = generator.input("sample").shape();
    int side = shape.dim(2) > 0 ? (int) Math.min(shape.dim(2), shape.dim(3)) : tilePx;
    int overlap = model.json().properties().integer("tile_overlap", side / 8);
    return side == 0 ? Tiling.NONE : new Tiling(side, Math.min(overlap, (side - 1) / 2));
  }

  /** The pictures through the net, whole where the graph allows it. */
  public PictureBatch run(PictureBatch pictures) {
    return run(pictures, tiling(0), Progress.NONE, CancellationToken.none());
  }

  /**
   * The pictures through the net, tile by tile; progress counts tiles. In the overlap of two tiles their results are blended linearly.
   *
   * @throws IllegalStateException when the graph's output is not {@link #scale} times its input
   */
  public PictureBatch run(
      PictureBatch pictures, Tiling tiling, Progress progress, CancellationToken token) {
    Shape shape = generator.input("sample").shape();
    boolean fixed = shape.dim(2) > 0 || shape.dim(3) > 0;
    int tileHeight = tiling.tilePx() == 0 ? pictures.heightPx() : tiling.tilePx();
    int tileWidth = tiling.tilePx() == 0 ? pictures.widthPx() : tiling.tilePx();
    if (fixed) {
      tileHeight = shape.dim(2) > 0 ? (int) shape.dim(2) : tileHeight;
      tileWidth = shape.dim(3) > 0 ? (int) shape.dim(3) : tileWidth;
    } else {
      tileHeight = Math.min(tileHeight, pictures.heightPx());
      tileWidth = Math.min(tileWidth, pictures.widthPx());
    }
    int[] tops = Tiling.starts(pictures.heightPx(), tileHeight, tiling.overlapPx());
    int[] lefts = Tiling.starts(pictures.widthPx(), tileWidth, tiling.overlapPx());
    TileBlend blend = new TileBlend(pictures, scale(), tiling.overlapPx());
    int done = 0;
    for (int top : tops) {
      for (int left : lefts) {
        token.throwIfCancelled();
        float[] tile = blend.cut(top, left, tileHeight, tileWidth);
        Batched.Result result =
            new Batched(generator, pictures.count())
                .floats("sample", tile, pictures.format().channels(), tileHeight, tileWidth)
                .run("out_sample", Progress.NONE, token);
        blend.add(result, top, left, tileHeight, tileWidth);
        progress.update(++done, (long) tops.length * lefts.length);
      }
    }
    return blend.result();
  }

  @Override
  public void close() {
    model.close();
  }
}
