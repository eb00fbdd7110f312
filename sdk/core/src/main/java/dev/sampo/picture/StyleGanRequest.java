package dev.sampo.picture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to draw from a StyleGAN.
 *
 * @param seed of the noise
 * @param count how many pictures
 * @param classLabels one for all pictures, one each, or none: then picture i is of class i modulo their number
 * @param psi truncation in W: 1 none, 0 the mean picture
 * @param cutoff truncation applies to so many first layers; -1 for all
 * @param mixSeed seed of the donors whose styles are mixed in, or null
 * @param mixFrom first layer that comes from the donor
 * @param mixTo first layer after those; -1 for the end
 */
public record StyleGanRequest(
    long seed,
    int count,
    List<Integer> classLabels,
    double psi,
    int cutoff,
    @Nullable Long mixSeed,
    int mixFrom,
    int mixTo) {

  /** Checks the numbers. */
  public StyleGanRequest {
    classLabels = Collections.unmodifiableList(new ArrayList<>(classLabels));
    if (count < 1 || Double.isNaN(psi) || Double.isInfinite(psi) || cutoff < -1) {
      throw new IllegalArgumentException(
          "Wanted count >= 1, a finite psi and cutoff >= -1, got "
              + count
              + ", "
              + psi
              + " and "
              + cutoff
              + ".");
    }
  }

  /** One picture from seed 0, without truncation or mixing. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link StyleGanRequest}; the defaults are here. */
  public static final class Builder {
    private long seed;
    private int count = 1;
    private List<Integer> classLabels = Collections.emptyList();
    private double psi = 1;
    private int cutoff = -1;
    private @Nullable Long mixSeed;
    private int mixFrom;
    private int mixTo = -1;

    private Builder() {}

    /** Seed of the noise. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** How many pictures. */
    public Builder count(int value) {
      count = value;
      return this;
    }

    /** Classes, one each or one for all. */
    public Builder classLabels(List<Integer> value) {
      classLabels = value;
      return this;
    }

    /** Truncation in W. */
    public Builder psi(double value) {
      psi = value;
      return this;
    }

    /** How many layers are truncated; -1 for all. */
    public Builder cutoff(int value) {
      cutoff = value;
      return this;
    }

    /** Layers {@code from} to {@code to} (exclusive; -1 for the end) come from pictures of another seed. */
    public Builder mix(long donorSeed, int from, int to) {
      mixSeed = donorSeed;
      mixFrom = from;
      mixTo = to;
      return this;
    }

    /** The request. */
    public StyleGanRequest build() {
      return new StyleGanRequest(seed, count, classLabels, psi, cutoff, mixSeed, mixFrom, mixTo);
    }
  }
}
