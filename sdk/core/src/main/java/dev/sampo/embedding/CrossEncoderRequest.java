package dev.sampo.embedding;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which pairs of texts are scored, and how. Immutable; what is left out is as the folder says. */
public final class CrossEncoderRequest {
  private final List<CrossEncoder.Pair> pairs;
  private final CrossEncoder.@Nullable Activation activation;
  private final boolean applySoftmax;
  private final @Nullable Integer maxLength;
  private final Progress<Progress.Count> progress;
  private final CancellationToken cancellation;

  private CrossEncoderRequest(Builder b) {
    pairs = Collections.unmodifiableList(new ArrayList<>(b.pairs));
    activation = b.activation;
    applySoftmax = b.applySoftmax;
    maxLength = b.maxLength;
    progress = b.progress;
    cancellation = b.cancellation;
  }

  /** These pairs, as the folder says. */
  public static Builder builder(List<CrossEncoder.Pair> pairs) {
    return new Builder(pairs);
  }

  /** A request with nothing but its pairs. */
  public static CrossEncoderRequest of(List<CrossEncoder.Pair> pairs) {
    return builder(pairs).build();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    Builder b = new Builder(pairs);
    b.activation = activation;
    b.applySoftmax = applySoftmax;
    b.maxLength = maxLength;
    b.progress = progress;
    b.cancellation = cancellation;
    return b;
  }

  /** The pairs. */
  public List<CrossEncoder.Pair> pairs() {
    return pairs;
  }

  /** See {@link Builder#activationFn}. */
  public CrossEncoder.@Nullable Activation activationFn() {
    return activation;
  }

  /** See {@link Builder#applySoftmax}. */
  public boolean applySoftmax() {
    return applySoftmax;
  }

  /** See {@link Builder#maxLength}. */
  public @Nullable Integer maxLength() {
    return maxLength;
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

  /** Builds a {@link CrossEncoderRequest}. */
  public static final class Builder {
    private final List<CrossEncoder.Pair> pairs;
    private CrossEncoder.@Nullable Activation activation;
    private boolean applySoftmax;
    private @Nullable Integer maxLength;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder(List<CrossEncoder.Pair> pairs) {
      this.pairs = new ArrayList<>(pairs);
    }

    /** What is done to the graph's scores. */
    public Builder activationFn(CrossEncoder.@Nullable Activation value) {
      activation = value;
      return this;
    }

    /** Whether the scores of a pair become probabilities that sum to 1, after the activation; no effect where there is one label. */
    public Builder applySoftmax(boolean value) {
      applySoftmax = value;
      return this;
    }

    /** Most tokens of a pair, special ones included, which are never cut; not more than the folder allows. */
    public Builder maxLength(@Nullable Integer value) {
      maxLength = value;
      return this;
    }

    /** Told how many pairs are done. */
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
     * @throws RequestException when there are no pairs, or a number cannot be
     */
    public CrossEncoderRequest build() {
      if (pairs.isEmpty()) {
        throw new RequestException("pairs", "There are no pairs of texts.");
      }
      if (maxLength != null && maxLength < 1) {
        throw new RequestException("maxLength", "maxLength is at least 1, got " + maxLength + ".");
      }
      return new CrossEncoderRequest(this);
    }
  }
}
