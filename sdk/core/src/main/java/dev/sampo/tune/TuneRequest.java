package dev.sampo.tune;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.TokenStep;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which tune to write. Immutable. */
public final class TuneRequest {
  private final Builder b;

  private TuneRequest(Builder b) {
    this.b = b;
  }

  /** A jig in G of two repeated parts of eight bars, with bars that add up. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    return new Builder(b);
  }

  /** See {@link Builder#dance}. */
  public Dance dance() {
    return b.dance;
  }

  /** See {@link Builder#key}. */
  public String key() {
    return b.key;
  }

  /** See {@link Builder#parts}. */
  public int parts() {
    return b.parts;
  }

  /** See {@link Builder#bars}. */
  public int bars() {
    return b.bars;
  }

  /** See {@link Builder#count}. */
  public int count() {
    return b.count;
  }

  /** See {@link Builder#temperature}. */
  public double temperature() {
    return b.temperature;
  }

  /** See {@link Builder#topP}. */
  public double topP() {
    return b.topP;
  }

  /** See {@link Builder#grammar}. */
  public boolean grammar() {
    return b.grammar;
  }

  /** See {@link Builder#seed}. */
  public @Nullable Long seed() {
    return b.seed;
  }

  /** See {@link Builder#progress}. */
  public @Nullable Progress<? super TokenStep> progress() {
    return b.progress;
  }

  /** See {@link Builder#cancellation}. */
  public CancellationToken cancellation() {
    return b.cancellation;
  }

  /** Builds a {@link TuneRequest}; the defaults are here. */
  public static final class Builder {
    private Dance dance = Dance.JIG;
    private String key = "G";
    private int parts = 2;
    private int bars = 8;
    private int count = 1;
    private double temperature = 1;
    private double topP = 1;
    private boolean grammar = true;
    private @Nullable Long seed;
    private @Nullable Progress<? super TokenStep> progress;
    private CancellationToken cancellation = CancellationToken.none();

    private Builder() {}

    private Builder(Builder o) {
      dance = o.dance;
      key = o.key;
      parts = o.parts;
      bars = o.bars;
      count = o.count;
      temperature = o.temperature;
      topP = o.topP;
      grammar = o.grammar;
      seed = o.seed;
      progress = o.progress;
      cancellation = o.cancellation;
    }

    /** The dance, which says the meter. */
    public Builder dance(Dance value) {
      dance = Objects.requireNonNull(value);
      return this;
    }

    /** The key as ABC writes it: {@code G}, {@code Em}. */
    public Builder key(String value) {
      key = Objects.requireNonNull(value);
      return this;
    }

    /** Parts, 1 to 8, each repeated; 2 by default. With the grammar only. */
    public Builder parts(int value) {
      parts = value;
      return this;
    }

    /** Bars of a part, 1 to 64; 8 by default. With the grammar only. */
    public Builder bars(int value) {
      bars = value;
      return this;
    }

    /** How many tunes, 1 or more; they are written side by side. */
    public Builder count(int value) {
      count = value;
      return this;
    }

    /** Divides the scores; more than 0, 1 by default. */
    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    /** Draws among the likeliest signs that hold this share together; 1, the default, among all. */
    public Builder topP(double value) {
      topP = value;
      return this;
    }

    /** Whether bars have to add up and parts to have their number of bars; true by default. */
    public Builder grammar(boolean value) {
      grammar = value;
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

    /** Hears of each sign, in the thread that writes. */
    public Builder progress(@Nullable Progress<? super TokenStep> value) {
      progress = value;
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
    public TuneRequest build() {
      if (count < 1) {
        throw new RequestException("count", "count is at least 1, got " + count + ".");
      }
      if (!(temperature > 0 && temperature < 1e6)) {
        throw new RequestException(
            "temperature", "temperature is a number above 0, got " + temperature + ".");
      }
      if (!(topP > 0 && topP <= 1)) {
        throw new RequestException("topP", "topP lies above 0 and up to 1, got " + topP + ".");
      }
      if (!key.matches("[A-G][#b]?[A-Za-z]{0,10}")) {
        throw new RequestException("key", "'" + key + "' is no key; wanted one such as G or Em.");
      }
      TuneGrammar.text(dance.meter(), dance.beatEighths(), parts, bars);
      return new TuneRequest(new Builder(this));
    }
  }
}
