package dev.sampo.sound;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What to compose. Immutable. What is left out is as the model's {@code generation_config.json} says, then as transformers does it. */
public final class MusicRequest {
  private final List<String> texts;
  private final int count;
  private final List<int[][]> codes;
  private final @Nullable Double durationSeconds;
  private final @Nullable Integer maxNewTokens;
  private final @Nullable Integer maxLength;
  private final @Nullable Boolean doSample;
  private final @Nullable Double guidanceScale;
  private final @Nullable Double temperature;
  private final @Nullable Integer topK;
  private final @Nullable Double topP;
  private final @Nullable Long seed;
  private final Progress<Progress.Count> progress;
  private final CancellationToken cancellation;

  private MusicRequest(Builder b) {
    texts = Collections.unmodifiableList(new ArrayList<>(b.texts));
    count = b.count;
    codes = copy(b.codes);
    durationSeconds = b.durationSeconds;
    maxNewTokens = b.maxNewTokens;
    maxLength = b.maxLength;
    doSample = b.doSample;
    guidanceScale = b.guidanceScale;
    temperature = b.temperature;
    topK = b.topK;
    topP = b.topP;
    seed = b.seed;
    progress = b.progress;
    cancellation = b.cancellation;
  }

  private static List<int[][]> copy(List<int[][]> from) {
    List<int[][]> copies = new ArrayList<>();
    for (int[][] sound : from) {
      int[][] rows = new int[sound.length][];
      for (int k = 0; k < rows.length; k++) {
        rows[k] = sound[k].clone();
      }
      copies.add(rows);
    }
    return copies;
  }

  /** One sound without a text, as the model's files say, of a seed drawn at random. */
  public static Builder builder() {
    return new Builder();
  }

  /** Music by one text. */
  public static MusicRequest of(String text) {
    return builder().texts(text).build();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.texts = texts;
    b.count = count;
    b.codes = codes;
    b.durationSeconds = durationSeconds;
    b.maxNewTokens = maxNewTokens;
    b.maxLength = maxLength;
    b.doSample = doSample;
    b.guidanceScale = guidanceScale;
    b.temperature = temperature;
    b.topK = topK;
    b.topP = topP;
    b.seed = seed;
    b.progress = progress;
    b.cancellation = cancellation;
    return b;
  }

  /** See {@link Builder#texts(List)}. */
  public List<String> texts() {
    return texts;
  }

  /** See {@link Builder#count}. */
  public int count() {
    return count;
  }

  /** Copies of the codes; see {@link Builder#codes}. */
  public List<int[][]> codes() {
    return copy(codes);
  }

  /** See {@link Builder#durationSeconds}. */
  public @Nullable Double durationSeconds() {
    return durationSeconds;
  }

  /** See {@link Builder#maxNewTokens}. */
  public @Nullable Integer maxNewTokens() {
    return maxNewTokens;
  }

  /** See {@link Builder#maxLength}. */
  public @Nullable Integer maxLength() {
    return maxLength;
  }

  /** See {@link Builder#doSample}. */
  public @Nullable Boolean doSample() {
    return doSample;
  }

  /** See {@link Builder#guidanceScale}. */
  public @Nullable Double guidanceScale() {
    return guidanceScale;
  }

  /** See {@link Builder#temperature}. */
  public @Nullable Double temperature() {
    return temperature;
  }

  /** See {@link Builder#topK}. */
  public @Nullable Integer topK() {
    return topK;
  }

  /** See {@link Builder#topP}. */
  public @Nullable Double topP() {
    return topP;
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

  @Override
  public String toString() {
    return "MusicRequest[texts="
        + texts
        + ", count="
        + count
        + ", durationSeconds="
        + durationSeconds
        + ", maxNewTokens="
        + maxNewTokens
        + ", seed="
        + seed
        + "]";
  }

  /** Builds a {@link MusicRequest}; the defaults are here. */
  public static final class Builder {
    private List<String> texts = Collections.emptyList();
    private int count = 1;
    private List<int[][]> codes = Collections.emptyList();
    private @Nullable Double durationSeconds;
    private @Nullable Integer maxNewTokens;
    private @Nullable Integer maxLength;
    private @Nullable Boolean doSample;
    private @Nullable Double guidanceScale;
    private @Nullable Double temperature;
    private @Nullable Integer topK;
    private @Nullable Double topP;
    private @Nullable Long seed;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder() {}

    /** What the music is to be like, one sound a text; none (the default) for music without a text, which is not guided. */
    public Builder texts(List<String> value) {
      texts = Objects.requireNonNull(value);
      return this;
    }

    /** What the music is to be like, one sound a text. */
    public Builder texts(String... value) {
      return texts(Arrays.asList(value));
    }

    /** How many sounds where there is no text, 1 or more. */
    public Builder count(int value) {
      count = value;
      return this;
    }

    /** Sounds to go on from, {@code [codebook][frame]} each, one a sound and equally long: a melody or the end of what was composed before. */
    public Builder codes(List<int[][]> value) {
      codes = copy(value);
      return this;
    }

    /** How long the sound is to be in all; this or one of the two below. */
    public Builder durationSeconds(@Nullable Double value) {
      durationSeconds = value;
      return this;
    }

    /** Steps of the decoder. A sound is a codebook's count shorter, for the delays between them. */
    public Builder maxNewTokens(@Nullable Integer value) {
      maxNewTokens = value;
      return this;
    }

    /** Ids of a row in the end, those at the start included. */
    public Builder maxLength(@Nullable Integer value) {
      maxLength = value;
      return this;
    }

    /** Whether codes are drawn, or the likeliest one is taken every time. */
    public Builder doSample(@Nullable Boolean value) {
      doSample = value;
      return this;
    }

    /** How closely the text is followed; 1 is without guidance. */
    public Builder guidanceScale(@Nullable Double value) {
      guidanceScale = value;
      return this;
    }

    /** Divides the scores of a draw. */
    public Builder temperature(@Nullable Double value) {
      temperature = value;
      return this;
    }

    /** Draws among the k best; 0 among all. */
    public Builder topK(@Nullable Integer value) {
      topK = value;
      return this;
    }

    /** Draws among the best that have this share of the probability. */
    public Builder topP(@Nullable Double value) {
      topP = value;
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
     * The request.
     *
     * @throws RequestException when a number cannot be
     */
    public MusicRequest build() {
      require(count >= 1, "count", "at least 1", count);
      require(texts.isEmpty() || count == 1, "count", "for music without a text", count);
      int lengths =
          (durationSeconds == null ? 0 : 1)
              + (maxNewTokens == null ? 0 : 1)
              + (maxLength == null ? 0 : 1);
      require(lengths <= 1, "durationSeconds", "given, or maxNewTokens, or maxLength", lengths);
      Double d = durationSeconds;
      require(d == null || (d > 0 && d < 1e5), "durationSeconds", "above 0", d);
      require(
          maxNewTokens == null || maxNewTokens >= 1, "maxNewTokens", "at least 1", maxNewTokens);
      require(maxLength == null || maxLength >= 2, "maxLength", "at least 2", maxLength);
      Double t = temperature;
      require(t == null || (t > 0 && !Double.isInfinite(t)), "temperature", "above 0", t);
      require(topK == null || topK >= 0, "topK", "at least 0", topK);
      Double p = topP;
      require(p == null || (p > 0 && p <= 1), "topP", "above 0 and at most 1", p);
      Double g = guidanceScale;
      require(
          g == null || (!Double.isNaN(g) && !Double.isInfinite(g)), "guidanceScale", "a number", g);
      return new MusicRequest(this);
    }

    private static void require(boolean holds, String option, String is, @Nullable Object got) {
      if (!holds) {
        throw new RequestException(option, option + " is " + is + ", got " + got + ".");
      }
    }
  }
}
