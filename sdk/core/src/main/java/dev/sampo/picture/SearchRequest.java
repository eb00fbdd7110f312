package dev.sampo.picture;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How long and how wide a {@link LatentSearch} looks.
 *
 * @param maxEvaluations how many latents are decoded at most
 * @param targetLoss the search ends when the loss is this small
 * @param sigma how far the first candidates lie from the start (a standard deviation of each value); of a gradient search the learning
 *     rate
 * @param population candidates a generation of the evolution; 0 for {@code 4 + 3 ln n}
 * @param seed of the candidates; null draws one
 * @param progress told how many latents were decoded
 * @param cancellation gives the search up; the exception carries the {@link LatentSearch.Result} by then
 */
public record SearchRequest(
    int maxEvaluations,
    double targetLoss,
    double sigma,
    int population,
    @Nullable Long seed,
    Progress<Progress.Count> progress,
    CancellationToken cancellation) {
  /** Checks the numbers. */
  public SearchRequest {
    if (maxEvaluations < 1) {
      throw new RequestException(
          "maxEvaluations", "maxEvaluations is at least 1, got " + maxEvaluations + ".");
    }
    if (!(sigma > 0)) {
      throw new RequestException("sigma", "sigma is above 0, got " + sigma + ".");
    }
    if (population != 0 && population < 4) {
      throw new RequestException(
          "population", "population is 0 or at least 4, got " + population + ".");
    }
    Objects.requireNonNull(progress);
    Objects.requireNonNull(cancellation);
  }

  /** An evolution: 4,000 evaluations, step 0.5, the usual population. */
  public static Builder evolution() {
    return new Builder(4000, 0.5);
  }

  /** A gradient search: 300 steps, learning rate 0.05. */
  public static Builder gradient() {
    return new Builder(300, 0.05);
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    Builder b = new Builder(maxEvaluations, sigma);
    b.targetLoss = targetLoss;
    b.population = population;
    b.seed = seed;
    b.progress = progress;
    b.cancellation = cancellation;
    return b;
  }

  Watch watch() {
    return new Watch(progress, cancellation);
  }

  /** Builds a {@link SearchRequest}. */
  public static final class Builder {
    private int maxEvaluations;
    private double targetLoss;
    private double sigma;
    private int population;
    private @Nullable Long seed;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder(int maxEvaluations, double sigma) {
      this.maxEvaluations = maxEvaluations;
      this.sigma = sigma;
    }

    /** How many latents are decoded at most. */
    public Builder maxEvaluations(int value) {
      maxEvaluations = value;
      return this;
    }

    /** The search ends when the loss is this small. */
    public Builder targetLoss(double value) {
      targetLoss = value;
      return this;
    }

    /** Spread of the first candidates, or learning rate. */
    public Builder sigma(double value) {
      sigma = value;
      return this;
    }

    /** Candidates a generation. */
    public Builder population(int value) {
      population = value;
      return this;
    }

    /** Seed of the candidates; null draws one. */
    public Builder seed(@Nullable Long value) {
      seed = value;
      return this;
    }

    /** Seed of the candidates. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Told how many latents were decoded. */
    public Builder progress(Progress<Progress.Count> value) {
      progress = value;
      return this;
    }

    /** Gives the search up from another thread. */
    public Builder cancellation(CancellationToken value) {
      cancellation = value;
      return this;
    }

    /**
     * The request.
     *
     * @throws RequestException when a number cannot be
     */
    public SearchRequest build() {
      return new SearchRequest(
          maxEvaluations, targetLoss, sigma, population, seed, progress, cancellation);
    }
  }
}
