package dev.sampo.training.recipe;

import dev.sampo.error.RequestException;
import dev.sampo.training.data.PictureFolder;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.SessionSetup;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.loss.GanLosses;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be chosen about a recipe.
 *
 * @param data the training data; what it has to be is said by each recipe
 * @param batch examples a step; 0 takes the family's own
 * @param length time steps or tokens an example; 0 takes the family's own
 * @param trainable what is trained
 * @param optimizer how
 * @param backend by what
 * @param setup threads
 * @param seed of everything random
 * @param validation the share of the data that is kept for validation
 * @param lossWeighting how much each timestep of a diffusion model counts
 * @param columns names of the columns or JSON members that hold the text, or the source and the target; empty takes the
 *     family's own
 * @param pictures decodes picture files; null if there is no decoder, then pictures come as {@code .npy}
 * @param ganLoss what a GAN's two nets play
 */
public record RecipeOptions(
    Path data,
    int batch,
    int length,
    Trainable trainable,
    OptimizerConfig optimizer,
    Backend backend,
    SessionSetup setup,
    long seed,
    double validation,
    LossWeighting lossWeighting,
    List<String> columns,
    PictureFolder.@Nullable Reader pictures,
    GanLosses ganLoss) {

  /** How much each timestep of a diffusion model counts. */
  public enum LossWeighting {
    /** Every noise level alike: 1 over the error with which the model starts there. */
    BALANCED,
    /** Min-SNR with gamma 5. Hang et al. 2023, arXiv:2303.09556. */
    MIN_SNR
  }

  public RecipeOptions {
    if (batch < 0 || length < 0 || !(validation >= 0 && validation < 1)) {
      throw new RequestException(
          null,
          "batch and length have to be 0 or more, validation in [0, 1) (got "
              + batch
              + ", "
              + length
              + ", "
              + validation
              + ").");
    }
  }

  /** Everything at its default. */
  public static RecipeOptions of(Path data) {
    return new RecipeOptions(
        data,
        0,
        0,
        Trainable.all(),
        OptimizerConfig.adamW().withMaxGradNorm(1),
        Backend.PLAIN,
        SessionSetup.defaults(),
        0,
        0.1,
        LossWeighting.BALANCED,
        Collections.emptyList(),
        null,
        GanLosses.HINGE);
  }

  public RecipeOptions withBatch(int size) {
    Copy copy = new Copy(this);
    copy.batch = size;
    return copy.options();
  }

  public RecipeOptions withLength(int steps) {
    Copy copy = new Copy(this);
    copy.length = steps;
    return copy.options();
  }

  public RecipeOptions withTrainable(Trainable value) {
    Copy copy = new Copy(this);
    copy.trainable = value;
    return copy.options();
  }

  public RecipeOptions withOptimizer(OptimizerConfig value) {
    Copy copy = new Copy(this);
    copy.optimizer = value;
    return copy.options();
  }

  public RecipeOptions withBackend(Backend value) {
    Copy copy = new Copy(this);
    copy.backend = value;
    return copy.options();
  }

  public RecipeOptions withThreads(int threads) {
    Copy copy = new Copy(this);
    copy.setup = new SessionSetup(threads);
    return copy.options();
  }

  public RecipeOptions withSeed(long value) {
    Copy copy = new Copy(this);
    copy.seed = value;
    return copy.options();
  }

  public RecipeOptions withLossWeighting(LossWeighting value) {
    Copy copy = new Copy(this);
    copy.lossWeighting = value;
    return copy.options();
  }

  public RecipeOptions withValidation(double share) {
    Copy copy = new Copy(this);
    copy.validation = share;
    return copy.options();
  }

  public RecipeOptions withColumns(List<String> names) {
    Copy copy = new Copy(this);
    copy.columns = names;
    return copy.options();
  }

  public RecipeOptions withPictures(PictureFolder.Reader reader) {
    Copy copy = new Copy(this);
    copy.pictures = reader;
    return copy.options();
  }

  public RecipeOptions withGanLoss(GanLosses value) {
    Copy copy = new Copy(this);
    copy.ganLoss = value;
    return copy.options();
  }

  int batchOr(int fallback) {
    return batch == 0 ? fallback : batch;
  }

  int lengthOr(int fallback) {
    return length == 0 ? fallback : length;
  }

  /** The fields of one, to change one of. */
  private static final class Copy {
    final Path data;
    int batch;
    int length;
    Trainable trainable;
    OptimizerConfig optimizer;
    Backend backend;
    SessionSetup setup;
    long seed;
    double validation;
    LossWeighting lossWeighting;
    List<String> columns;
    PictureFolder.@Nullable Reader pictures;
    GanLosses ganLoss;

    Copy(RecipeOptions options) {
      data = options.data;
      batch = options.batch;
      length = options.length;
      trainable = options.trainable;
      optimizer = options.optimizer;
      backend = options.backend;
      setup = options.setup;
      seed = options.seed;
      validation = options.validation;
      lossWeighting = options.lossWeighting;
      columns = options.columns;
      pictures = options.pictures;
      ganLoss = options.ganLoss;
    }

    RecipeOptions options() {
      return new RecipeOptions(
          data,
          batch,
          length,
          trainable,
          optimizer,
          backend,
          setup,
          seed,
          validation,
          lossWeighting,
          columns,
          pictures,
          ganLoss);
    }
  }
}
