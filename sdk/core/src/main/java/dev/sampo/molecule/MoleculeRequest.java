package dev.sampo.molecule;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which molecules to make. Immutable. */
public final class MoleculeRequest {
  private final Builder b;

  private MoleculeRequest(Builder b) {
    this.b = b;
  }

  /** One molecule of a latent and a seed drawn at random, at temperature 1, by the rules. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    return new Builder(b);
  }

  /** See {@link Builder#count}. */
  public int count() {
    return b.count;
  }

  /** See {@link Builder#z}. */
  public float @Nullable [][] z() {
    return b.z == null ? null : copy(b.z);
  }

  /** See {@link Builder#temperature}. */
  public double temperature() {
    return b.temperature;
  }

  /** See {@link Builder#rules}. */
  public boolean rules() {
    return b.rules;
  }

  /** See {@link Builder#maxTokens}. */
  public @Nullable Integer maxTokens() {
    return b.maxTokens;
  }

  /** See {@link Builder#seed}. */
  public @Nullable Long seed() {
    return b.seed;
  }

  /** See {@link Builder#progress}. */
  public Progress<Progress.Count> progress() {
    return b.progress;
  }

  /** See {@link Builder#cancellation}. */
  public CancellationToken cancellation() {
    return b.cancellation;
  }

  Watch watch() {
    return new Watch(b.progress, b.cancellation);
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
    return "MoleculeRequest[count="
        + b.count
        + ", z="
        + Arrays.deepToString(b.z)
        + ", temperature="
        + b.temperature
        + ", rules="
        + b.rules
        + ", maxTokens="
        + b.maxTokens
        + ", seed="
        + b.seed
        + "]";
  }

  /** Builds a {@link MoleculeRequest}; the defaults are here. */
  public static final class Builder {
    private int count = 1;
    private float @Nullable [][] z;
    private double temperature = 1;
    private boolean rules = true;
    private @Nullable Integer maxTokens;
    private @Nullable Long seed;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder() {}

    private Builder(Builder o) {
      count = o.count;
      z = o.z;
      temperature = o.temperature;
      rules = o.rules;
      maxTokens = o.maxTokens;
      seed = o.seed;
      progress = o.progress;
      cancellation = o.cancellation;
    }

    /** How many molecules, 1 or more; they are made side by side. */
    public Builder count(int value) {
      count = value;
      return this;
    }

    /** The latent of each molecule, which say their number too; null, the default, draws them. */
    public Builder z(float @Nullable [][] value) {
      z = value == null ? null : copy(value);
      count = value == null ? count : value.length;
      return this;
    }

    /** Divides the scores of the tokens; 0 takes the likeliest, 1 is the default. */
    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    /** Whether branches and rings have to close and valences to hold; true by default. */
    public Builder rules(boolean value) {
      rules = value;
      return this;
    }

    /** Tokens of a molecule at most, 1 or more; null for the model's own. */
    public Builder maxTokens(@Nullable Integer value) {
      maxTokens = value;
      return this;
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

    /** Told how many tokens are written, on the thread that does the work. */
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
     * The request.
     *
     * @throws RequestException when a number cannot be
     */
    public MoleculeRequest build() {
      if (count < 1) {
        throw new RequestException("count", "count is at least 1, got " + count + ".");
      }
      if (z != null && z.length != count) {
        throw new RequestException(
            "z", "Got " + z.length + " latents for " + count + " molecules.");
      }
      if (maxTokens != null && maxTokens < 1) {
        throw new RequestException("maxTokens", "maxTokens is at least 1, got " + maxTokens + ".");
      }
      if (!(temperature >= 0 && temperature < 1e6)) {
        throw new RequestException(
            "temperature", "temperature is a number from 0 on, got " + temperature + ".");
      }
      return new MoleculeRequest(new Builder(this));
    }
  }
}
