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

/** Which texts become vectors, and how. Immutable; what is left out is as the folder says. */
public final class EmbeddingRequest {
  private final List<String> texts;
  private final @Nullable List<Pooling> pooling;
  private final @Nullable Boolean normalize;
  private final @Nullable Integer maxLength;
  private final @Nullable String promptName;
  private final @Nullable String prompt;
  private final @Nullable Integer truncateDim;
  private final Progress<Progress.Count> progress;
  private final CancellationToken cancellation;

  private EmbeddingRequest(Builder b) {
    texts = Collections.unmodifiableList(new ArrayList<>(b.texts));
    pooling = b.pooling == null ? null : Collections.unmodifiableList(new ArrayList<>(b.pooling));
    normalize = b.normalize;
    maxLength = b.maxLength;
    promptName = b.promptName;
    prompt = b.prompt;
    truncateDim = b.truncateDim;
    progress = b.progress;
    cancellation = b.cancellation;
  }

  /** These texts, as the folder says. */
  public static Builder builder(List<String> texts) {
    return new Builder(texts);
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    Builder b = new Builder(texts);
    b.pooling = pooling;
    b.normalize = normalize;
    b.maxLength = maxLength;
    b.promptName = promptName;
    b.prompt = prompt;
    b.truncateDim = truncateDim;
    b.progress = progress;
    b.cancellation = cancellation;
    return b;
  }

  /** The texts. */
  public List<String> texts() {
    return texts;
  }

  /** See {@link Builder#pooling}. */
  public @Nullable List<Pooling> pooling() {
    return pooling;
  }

  /** See {@link Builder#normalize}. */
  public @Nullable Boolean normalize() {
    return normalize;
  }

  /** See {@link Builder#maxLength}. */
  public @Nullable Integer maxLength() {
    return maxLength;
  }

  /** See {@link Builder#promptName}. */
  public @Nullable String promptName() {
    return promptName;
  }

  /** See {@link Builder#prompt}. */
  public @Nullable String prompt() {
    return prompt;
  }

  /** See {@link Builder#truncateDim}. */
  public @Nullable Integer truncateDim() {
    return truncateDim;
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

  /** Builds an {@link EmbeddingRequest}. */
  public static final class Builder {
    private final List<String> texts;
    private @Nullable List<Pooling> pooling;
    private @Nullable Boolean normalize;
    private @Nullable Integer maxLength;
    private @Nullable String promptName;
    private @Nullable String prompt;
    private @Nullable Integer truncateDim;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder(List<String> texts) {
      this.texts = new ArrayList<>(texts);
    }

    /** How token vectors become one; several are joined one after the other. Has no effect where the graph pools itself. */
    public Builder pooling(@Nullable List<Pooling> value) {
      pooling = value;
      return this;
    }

    /** Whether vectors are scaled to length 1 at the end; false also leaves out what the folder would normalise. */
    public Builder normalize(@Nullable Boolean value) {
      normalize = value;
      return this;
    }

    /** Most tokens of a text, special ones included; not more than the folder allows. */
    public Builder maxLength(@Nullable Integer value) {
      maxLength = value;
      return this;
    }

    /** Name of the folder's prompt that is put before each text. */
    public Builder promptName(@Nullable String value) {
      promptName = value;
      return this;
    }

    /** What is put before each text, instead of a prompt of the folder. */
    public Builder prompt(@Nullable String value) {
      prompt = value;
      return this;
    }

    /** How many components of a vector are kept (Matryoshka models, Kusupati et al. 2022, arXiv:2205.13147). */
    public Builder truncateDim(@Nullable Integer value) {
      truncateDim = value;
      return this;
    }

    /** Told how many texts are done. */
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
    public EmbeddingRequest build() {
      if (texts.isEmpty()) {
        throw new RequestException("texts", "There are no texts.");
      }
      positive("maxLength", maxLength);
      positive("truncateDim", truncateDim);
      if (promptName != null && prompt != null) {
        throw new RequestException("promptName", "Give a prompt or the name of one, not both.");
      }
      if (pooling != null && pooling.isEmpty()) {
        throw new RequestException("pooling", "pooling names no way.");
      }
      return new EmbeddingRequest(this);
    }

    private static void positive(String option, @Nullable Integer value) {
      if (value != null && value < 1) {
        throw new RequestException(option, option + " is at least 1, got " + value + ".");
      }
    }
  }
}
