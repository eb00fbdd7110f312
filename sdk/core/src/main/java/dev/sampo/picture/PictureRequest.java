package dev.sampo.picture;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What to draw, for all models of pictures. Immutable. An option that a family does not know is an error of its {@code sample}, never
 * ignored.
 */
public final class PictureRequest {
  private final @Nullable Long seed;
  private final int count;
  private final List<Integer> classLabels;
  private final @Nullable Double truncation;
  private final int oversample;
  private final int cutoff;
  private final @Nullable Mix mix;
  private final Progress<Progress.Count> progress;
  private final CancellationToken cancellation;

  /**
   * Styles of pictures of another seed, mixed in.
   *
   * @param seed of the donors
   * @param from first layer that comes from the donor
   * @param to first layer after those; -1 for the end
   */
  public record Mix(long seed, int from, int to) {}

  private PictureRequest(Builder b) {
    seed = b.seed;
    count = b.count;
    classLabels = Collections.unmodifiableList(new ArrayList<>(b.classLabels));
    truncation = b.truncation;
    oversample = b.oversample;
    cutoff = b.cutoff;
    mix = b.mix;
    progress = b.progress;
    cancellation = b.cancellation;
  }

  /** One picture of a seed drawn at random. */
  public static Builder builder() {
    return new Builder();
  }

  /** So many pictures from a seed. */
  public static PictureRequest of(long seed, int count) {
    return builder().seed(seed).count(count).build();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.seed = seed;
    b.count = count;
    b.classLabels = classLabels;
    b.truncation = truncation;
    b.oversample = oversample;
    b.cutoff = cutoff;
    b.mix = mix;
    b.progress = progress;
    b.cancellation = cancellation;
    return b;
  }

  /** See {@link Builder#seed}. */
  public @Nullable Long seed() {
    return seed;
  }

  /** See {@link Builder#count}. */
  public int count() {
    return count;
  }

  /** See {@link Builder#classLabels}. */
  public List<Integer> classLabels() {
    return classLabels;
  }

  /** See {@link Builder#truncation}. */
  public @Nullable Double truncation() {
    return truncation;
  }

  /** See {@link Builder#oversample}. */
  public int oversample() {
    return oversample;
  }

  /** See {@link Builder#cutoff}. */
  public int cutoff() {
    return cutoff;
  }

  /** See {@link Builder#mix}. */
  public @Nullable Mix mix() {
    return mix;
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

  /** Refuses options of other families. */
  PictureRequest requireOnly(String model, String... known) {
    List<String> names = List.of(known);
    String unknown =
        oversample != 1 && !names.contains("oversample")
            ? "oversample"
            : cutoff != -1 && !names.contains("cutoff")
                ? "cutoff"
                : mix != null && !names.contains("mix") ? "mix" : null;
    if (unknown != null) {
      throw new RequestException(
          unknown, model + " does not know the option " + unknown + ": leave it out.");
    }
    return this;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PictureRequest that && facts().equals(that.facts());
  }

  @Override
  public int hashCode() {
    return facts().hashCode();
  }

  @Override
  public String toString() {
    return "PictureRequest" + facts();
  }

  private List<Object> facts() {
    return java.util.Arrays.asList(
        "seed " + seed,
        "count " + count,
        "classLabels " + classLabels,
        "truncation " + truncation,
        "oversample " + oversample,
        "cutoff " + cutoff,
        "mix " + mix);
  }

  /** Builds a {@link PictureRequest}; the defaults are here. */
  public static final class Builder {
    private @Nullable Long seed;
    private int count = 1;
    private List<Integer> classLabels = Collections.emptyList();
    private @Nullable Double truncation;
    private int oversample = 1;
    private int cutoff = -1;
    private @Nullable Mix mix;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder() {}

    /** Seed of the noise; null (the default) draws one, which the result tells. */
    public Builder seed(@Nullable Long value) {
      seed = value;
      return this;
    }

    /** Seed of the noise. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** How many pictures, 1 or more. */
    public Builder count(int value) {
      count = value;
      return this;
    }

    /** Classes: one for all pictures, one each, or none: then picture i is of class i modulo their number. */
    public Builder classLabels(List<Integer> value) {
      classLabels = Objects.requireNonNull(value);
      return this;
    }

    /** One class for all. */
    public Builder classLabel(int value) {
      classLabels = Collections.singletonList(value);
      return this;
    }

    /**
     * How far draws may stray from what is typical; null for as trained. GAN: values of z come from N(0, 1) cut at 2 and are multiplied
     * with it (BigGAN, Brock et al. 2018, arXiv:1809.11096). StyleGAN: psi, 1 none, 0 the mean picture. VAE: what the latents of the prior
     * are multiplied with. PixelCNN: the temperature that divides the logits, 0 for the likeliest level every time.
     */
    public Builder truncation(@Nullable Double value) {
      truncation = value;
      return this;
    }

    /** How far draws may stray; see {@link #truncation(Double)}. */
    public Builder truncation(double value) {
      truncation = value;
      return this;
    }

    /** GAN: of so many candidates a picture the one with the highest discriminator score is kept; 1 for no choice. */
    public Builder oversample(int value) {
      oversample = value;
      return this;
    }

    /** StyleGAN: truncation applies to so many first layers; -1 for all. */
    public Builder cutoff(int value) {
      cutoff = value;
      return this;
    }

    /** StyleGAN: layers {@code from} to {@code to} (exclusive; -1 for the end) come from pictures of another seed. */
    public Builder mix(long donorSeed, int from, int to) {
      mix = new Mix(donorSeed, from, to);
      return this;
    }

    /** Told how far the work is, on the thread that does it. */
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
    public PictureRequest build() {
      atLeast("count", count, 1);
      atLeast("oversample", oversample, 1);
      atLeast("cutoff", cutoff, -1);
      Double x = truncation;
      if (x != null && (x.isNaN() || x.isInfinite())) {
        throw new RequestException("truncation", "truncation is a number, got " + x + ".");
      }
      return new PictureRequest(this);
    }

    private static void atLeast(String option, int value, int least) {
      if (value < least) {
        throw new RequestException(
            option, option + " is at least " + least + ", got " + value + ".");
      }
    }
  }
}
