package dev.sampo.picture;

import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Stopwatch;
import dev.sampo.internal.Watch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;

/** An image-to-image net on ONNX Runtime. */
final class OnnxImageToImage extends OnnxPictures implements ImageToImagePipeline {
  private final NamedGraph generator;

  private OnnxImageToImage(LatentModel model) {
    super(model, Family.IMAGE_TO_IMAGE);
    this.generator = model.graph("generator");
  }

  static OnnxImageToImage open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.IMAGE_TO_IMAGE, config);
    try {
      return new OnnxImageToImage(model);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public int scale() {
    return model.json().properties().integer("scale", 1);
  }

  @Override
  public Tiling tiling(int tilePx) {
    Shape shape = generator.input("sample").shape();
    int side = shape.dim(2) > 0 ? (int) Math.min(shape.dim(2), shape.dim(3)) : tilePx;
    int overlap = model.json().properties().integer("tile_overlap", side / 8);
    return side == 0 ? Tiling.NONE : new Tiling(side, Math.min(overlap, (side - 1) / 2));
  }

  @Override
  public ImageToImageResult run(ImageToImageRequest request) {
    Stopwatch clock = new Stopwatch(model.loadMillis());
    PictureBatch pictures = request.pictures();
    Tiling asked = request.tiling();
    Tiling tiling = asked == null ? tiling(0) : asked;
    Watch watch = request.watch();
    clock.loopBegins();
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
        watch.token().throwIfCancelled();
        float[] tile = blend.cut(top, left, tileHeight, tileWidth);
        Batched.Result result =
            new Batched(generator, pictures.count())
                .floats("sample", tile, pictures.format().channels(), tileHeight, tileWidth)
                .run("out_sample", watch.silent());
        blend.add(result, top, left, tileHeight, tileWidth);
        watch.at(++done, (long) tops.length * lefts.length);
      }
    }
    clock.loopEnds(done);
    return new ImageToImageResult(blend.result(), clock.timings());
  }
}
