package dev.sampo.series;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What to forecast. Immutable. */
public final class ForecastRequest {
  private final float[][] history;
  private final float[][] known;
  private final @Nullable LocalDate firstDay;
  private final int horizon;
  private final int paths;
  private final double[] quantiles;
  private final @Nullable Long seed;
  private final Progress<Progress.Count> progress;
  private final CancellationToken cancellation;

  private ForecastRequest(Builder b) {
    history = copy(b.history);
    known = copy(b.known);
    firstDay = b.firstDay;
    horizon = b.horizon;
    paths = b.paths;
    quantiles = b.quantiles.clone();
    seed = b.seed;
    progress = b.progress;
    cancellation = b.cancellation;
  }

  /**
   * A forecast after a history: one step ahead, 100 paths, the quantiles 0.1, 0.5 and 0.9, of a seed drawn at random.
   *
   * @param history what was seen, {@code [time][channels]}, oldest first
   */
  public static Builder builder(float[][] history) {
    return new Builder(history);
  }

  /** A forecast after a history of one channel. */
  public static Builder builder(float[] history) {
    float[][] rows = new float[history.length][1];
    for (int i = 0; i < rows.length; i++) {
      rows[i][0] = history[i];
    }
    return new Builder(rows);
  }

  /** One channel, so many steps ahead. */
  public static ForecastRequest of(float[] history, int horizon, long seed) {
    return builder(history).horizon(horizon).seed(seed).build();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    Builder b = new Builder(history);
    b.known = known;
    b.firstDay = firstDay;
    b.horizon = horizon;
    b.paths = paths;
    b.quantiles = quantiles;
    b.seed = seed;
    b.progress = progress;
    b.cancellation = cancellation;
    return b;
  }

  /** A copy of what was seen, {@code [time][channels]}. */
  public float[][] history() {
    return copy(history);
  }

  /** A copy of what is known beforehand, {@code [history + horizon][known]}; empty where nothing is. */
  public float[][] known() {
    return copy(known);
  }

  /** See {@link Builder#firstDay}. */
  public @Nullable LocalDate firstDay() {
    return firstDay;
  }

  /** See {@link Builder#horizon}. */
  public int horizon() {
    return horizon;
  }

  /** See {@link Builder#paths}. */
  public int paths() {
    return paths;
  }

  /** A copy of the quantiles. */
  public double[] quantiles() {
    return quantiles.clone();
  }

  /** See {@link Builder#seed}. */
  public @Nullable Long seed() {
    return seed;
  }

  /** See {@link Builder#progress}. */
  public Progress<Progress.Count> progress() {
    return progress;
  }

  /** See {@link Builder#cancellation}. */
  public CancellationToken cancellation() {
    return cancellation;
  }

  Watch watch() {
    return new Watch(progress, cancellation);
  }

  private static float[][] copy(float[][] rows) {
    float[][] out = new float[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      out[i] = rows[i].clone();
    }
    return out;
  }

  @Override
  public String toString() {
    return "ForecastRequest[history of "
        + history.length
        + " steps, horizon="
        + horizon
        + ", paths="
        + paths
        + ", quantiles="
        + Arrays.toString(quantiles)
        + ", seed="
        + seed
        + "]";
  }

  /** Builds a {@link ForecastRequest}; the defaults are here. */
  public static final class Builder {
    private final float[][] history;
    private float[][] known = new float[0][];
    private @Nullable LocalDate firstDay;
    private int horizon = 1;
    private int paths = 100;
    private double[] quantiles = {0.1, 0.5, 0.9};
    private @Nullable Long seed;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder(float[][] history) {
      this.history = copy(history);
    }

    /** Seed of the draws; null (the default) draws one, which the result tells. */
    public Builder seed(@Nullable Long value) {
      seed = value;
      return this;
    }

    /** Seed of the draws. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Told how many steps are done, on the thread that does the work. */
    public Builder progress(Progress<Progress.Count> value) {
      progress = Objects.requireNonNull(value);
      return this;
    }

    /** Gives the work up from another thread. */
    public Builder cancellation(CancellationToken value) {
      cancellation = Objects.requireNonNull(value);
      return this;
    }

    /**
     * What is known beforehand of each step, of those seen and of those to come, for a model that asks for it (holidays, prices, the
     * season).
     *
     * @param value {@code [history + horizon][known]}
     */
    public Builder known(float[][] value) {
      known = copy(value);
      return this;
    }

    /** The day of the first step of the history, for a model whose known values follow the calendar; null by default. */
    public Builder firstDay(@Nullable LocalDate value) {
      firstDay = value;
      return this;
    }

    /** How many steps ahead, 1 or more. */
    public Builder horizon(int value) {
      horizon = value;
      return this;
    }

    /** How many futures are drawn, 1 or more. */
    public Builder paths(int value) {
      paths = value;
      return this;
    }

    /** Which quantiles over the paths are wanted, each 0..1; none is allowed. */
    public Builder quantiles(double... value) {
      quantiles = value.clone();
      return this;
    }

    /**
     * The request.
     *
     * @throws RequestException when a number cannot be
     */
    public ForecastRequest build() {
      atLeastOne("history", history.length);
      atLeastOne("horizon", horizon);
      atLeastOne("paths", paths);
      for (double q : quantiles) {
        if (!(q >= 0 && q <= 1)) {
          throw new RequestException("quantiles", "Quantiles lie in 0..1, got " + q + ".");
        }
      }
      return new ForecastRequest(this);
    }

    private static void atLeastOne(String option, int value) {
      if (value < 1) {
        throw new RequestException(option, option + " is at least 1, got " + value + ".");
      }
    }
  }
}
