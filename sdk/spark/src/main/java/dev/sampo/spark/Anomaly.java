package dev.sampo.spark;

import dev.sampo.Model;
import dev.sampo.error.RequestException;
import dev.sampo.imaging.Pictures;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.Pixels;
import dev.sampo.picture.VaePipeline;
import dev.sampo.specs.ImageFormat;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * How unlike the data of its training a model finds each picture (PNG or JPEG bytes): a double, larger for stranger ones. What it measures is the
 * model's: an autoencoder's squared error of reconstruction, a PixelCNN's bits a dimension, a VAE's evidence lower bound (nats) or a
 * discriminator's score with the sign turned round.
 */
public final class Anomaly extends SampoTransformer<Anomaly> {
  private static final long serialVersionUID = 1;

  /** A transformer with a name of its own. */
  public Anomaly() {
    this(Identifiable$.MODULE$.randomUID("sampo-anomaly"));
  }

  /** A transformer with a given name, as reading one back makes it. */
  public Anomaly(String uid) {
    super(uid, "anomaly");
  }

  /** Reads what {@code save} wrote. */
  public static MLReader<Anomaly> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads what {@code save} wrote at this path. */
  public static Anomaly load(String path) {
    return read().load(path);
  }

  @Override
  RowTask task(ModelReference reference) {
    return new Task(reference);
  }

  @Override
  Class<? extends Model> family() {
    return PictureModel.class;
  }

  @Override
  boolean reads(DataType type) {
    return type.equals(DataTypes.BinaryType);
  }

  @Override
  String readable() {
    return "binary columns of PNG or JPEG files";
  }

  @Override
  DataType outputType() {
    return DataTypes.DoubleType;
  }

  /** The work on a batch. */
  record Task(ModelReference model) implements RowTask {
    private static final long serialVersionUID = 1;

    @Override
    public List<Outcome> run(List<Object> inputs, long[] seeds, int threads) {
      PictureModel pictures = LoadedModels.get(model, PictureModel.class, threads);
      List<Outcome> out = new ArrayList<>(inputs.size());
      for (int i = 0; i < inputs.size(); i++) {
        out.add(one(pictures, (byte[]) inputs.get(i), seeds[i]));
      }
      return out;
    }

    private static void requireSize(Pixels pixels, ImageFormat image) {
      boolean fits =
          (image.width() == 0 || image.width() == pixels.widthPx())
              && (image.height() == 0 || image.height() == pixels.heightPx());
      if (!fits) {
        throw new RequestException(
            "inputCol",
            "The picture has "
                + pixels.widthPx()
                + " x "
                + pixels.heightPx()
                + " pixels; the model reads "
                + image.width()
                + " x "
                + image.height()
                + ".");
      }
    }

    /** A VAE's bound and a discriminator's score are larger for what is known; the others for what is strange. */
    private static boolean moreIsLikelier(PictureModel model) {
      return model instanceof VaePipeline || model instanceof GanPipeline;
    }

    private static Outcome one(PictureModel model, byte[] file, long seed) {
      return Outcome.of(
          () -> {
            Pixels pixels = Pictures.read(file).withChannels(model.image().channels());
            requireSize(pixels, model.image());
            PictureBatch batch = PictureBatch.ofPixels(List.of(pixels), model.image());
            double value = model.score(batch, List.of(), seed).values()[0];
            return Outcome.of(moreIsLikelier(model) ? -value : value, 0);
          });
    }
  }
}
