package dev.sampo.spark;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.imaging.Pictures;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.Pixels;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * A picture (PNG bytes) for each row. A column of strings holds prompts, one of whole numbers class labels; with a model that takes neither, any
 * column does, as it seeds the row.
 */
public final class ImageGeneration extends SampoTransformer<ImageGeneration> {
  private static final long serialVersionUID = 1;

  private final IntParam numInferenceSteps;
  private final DoubleParam guidanceScale;

  /** A transformer with a name of its own. */
  public ImageGeneration() {
    this(Identifiable$.MODULE$.randomUID("sampo-image"));
  }

  /** A transformer with a given name, as reading one back makes it. */
  public ImageGeneration(String uid) {
    super(uid, "image");
    this.numInferenceSteps =
        new IntParam(this, "numInferenceSteps", "steps of diffusion", ParamValidators.gt(0));
    this.guidanceScale =
        new DoubleParam(this, "guidanceScale", "of diffusion", ParamValidators.gtEq(0));
  }

  /** Reads what {@code save} wrote. */
  public static MLReader<ImageGeneration> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads what {@code save} wrote at this path. */
  public static ImageGeneration load(String path) {
    return read().load(path);
  }

  /** The parameter of {@link #setNumInferenceSteps}. */
  public IntParam numInferenceSteps() {
    return numInferenceSteps;
  }

  /** The parameter of {@link #setGuidanceScale}. */
  public DoubleParam guidanceScale() {
    return guidanceScale;
  }

  /** Steps of a diffusion model; the pipeline's own number where it is not set. */
  public ImageGeneration setNumInferenceSteps(int value) {
    set(numInferenceSteps, value);
    return this;
  }

  /** How far a diffusion model is led towards the prompt or class; the pipeline's own where it is not set. */
  public ImageGeneration setGuidanceScale(double value) {
    set(guidanceScale, value);
    return this;
  }

  @Override
  RowTask task(ModelReference reference) {
    return new Task(reference, value(numInferenceSteps), value(guidanceScale));
  }

  @Override
  Class<? extends Model> family() {
    return Model.class;
  }

  @Override
  boolean reads(DataType type) {
    return type.equals(DataTypes.StringType)
        || type.equals(DataTypes.IntegerType)
        || type.equals(DataTypes.LongType);
  }

  @Override
  String readable() {
    return "strings (prompts) and whole numbers (class labels)";
  }

  @Override
  DataType outputType() {
    return DataTypes.BinaryType;
  }

  /** The work on a batch. */
  record Task(
      ModelReference model, @Nullable Integer numInferenceSteps, @Nullable Double guidanceScale)
      implements RowTask {
    private static final long serialVersionUID = 1;

    @Override
    public List<Outcome> run(List<Object> inputs, long[] seeds, int threads) {
      Model open =
          LoadedModels.get(model, Model.class, threads, folder -> pictures(folder, threads));
      List<Outcome> out = new ArrayList<>(inputs.size());
      for (int i = 0; i < inputs.size(); i++) {
        out.add(one(open, inputs.get(i), seeds[i]));
      }
      return out;
    }

    private static Model pictures(ModelFolder folder, int threads) {
      Model open = Sampo.open(folder, LoadedModels.config(threads));
      if (open instanceof DiffusionPipeline || open instanceof PictureModel) {
        return open;
      }
      String found = Sampo.familyOf(folder).getSimpleName();
      open.close();
      throw new ModelException(
          folder.root(),
          "The model is a "
              + found
              + "; ImageGeneration needs a DiffusionPipeline or a PictureModel.");
    }

    private Outcome one(Model open, Object input, long seed) {
      return Outcome.of(
          () -> {
            Pixels pixels =
                open instanceof DiffusionPipeline diffusion
                    ? diffused(diffusion, input, seed)
                    : drawn((PictureModel) open, input, seed);
            return Outcome.of(Pictures.png(pixels), 0);
          });
    }

    private static int label(Number number) {
      long label = number.longValue();
      if (label != (int) label) {
        throw new RequestException("inputCol", "There is no class " + label + ".");
      }
      return (int) label;
    }

    private Pixels diffused(DiffusionPipeline pipeline, Object input, long seed) {
      DiffusionRequest.Builder request =
          DiffusionRequest.builder()
              .seed(seed)
              .numInferenceSteps(numInferenceSteps)
              .guidanceScale(guidanceScale);
      if (input instanceof Number number) {
        request.classLabel(label(number));
      } else if (pipeline.takesText()) {
        request.prompt((String) input);
      }
      return pipeline.generate(request.build()).pictures().pixels(0);
    }

    private static Pixels drawn(PictureModel model, Object input, long seed) {
      PictureRequest.Builder request = PictureRequest.builder().seed(seed).count(1);
      if (input instanceof Number number) {
        request.classLabel(label(number));
      }
      return model.sample(request.build()).pictures().pixels(0);
    }
  }
}
