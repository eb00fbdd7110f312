package dev.sampo.training.recipe;

import dev.sampo.training.Backend;
import dev.sampo.training.OptimizerConfig;
import dev.sampo.training.SessionSetup;
import dev.sampo.training.Trainable;
import dev.sampo.training.data.PictureFolder;
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
      throw new IllegalArgumentException(
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
    return new RecipeOptions(
        data,
        size,
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

  public RecipeOptions withLength(int steps) {
    return new RecipeOptions(
        data,
        batch,
        steps,
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

  public RecipeOptions withTrainable(Trainable value) {
    return new RecipeOptions(
        data,
        batch,
        length,
        value,
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

  public RecipeOptions withOptimizer(OptimizerConfig value) {
    return new RecipeOptions(
        data,
        batch,
        length,
        trainable,
        value,
        backend,
        setup,
        seed,
        validation,
        lossWeighting,
        columns,
        pictures,
        ganLoss);
  }

  public RecipeOptions withBackend(Backend value) {
    return new RecipeOptions(
        data,
        batch,
        length,
        trainable,
        optimizer,
        value,
        setup,
        seed,
        validation,
        lossWeighting,
        columns,
        pictures,
        ganLoss);
  }

  public RecipeOptions withThreads(int threads) {
    return new RecipeOptions(
        data,
        batch,
        length,
        trainable,
        optimizer,
        backend,
        new SessionSetup(threads),
        seed,
        validation,
        lossWeighting,
        columns,
        pictures,
        ganLoss);
  }

  public RecipeOptions withSeed(long value) {
    return new RecipeOptions(
        data,
        batch,
        length,
        trainable,
        optimizer,
        backend,
        setup,
        value,
        validation,
        lossWeighting,
        columns,
        pictures,
        ganLoss);
  }

  public RecipeOptions withLossWeighting(LossWeighting value) {
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
        value,
        columns,
        pictures,
        ganLoss);
  }

  public RecipeOptions withValidation(double share) {
    return new RecipeOptions(
        data,
        batch,
        length,
        trainable,
        optimizer,
        backend,
        setup,
        seed,
        share,
        lossWeighting,
        columns,
        pictures,
        ganLoss);
  }

  public RecipeOptions withColumns(List<String> names) {
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
        names,
        pictures,
        ganLoss);
  }

  public RecipeOptions withPictures(PictureFolder.Reader reader) {
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
        reader,
        ganLoss);
  }

  public RecipeOptions withGanLoss(GanLosses value) {
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
        value);
  }

  int batchOr(int fallback) {
    return batch == 0 ? fallback : batch;
  }

  int lengthOr(int fallback) {
    return length == 0 ? fallback : length;
  }
}
