package dev.sampo.picture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to draw from a GAN.
 *
 * @param seed of the noise
 * @param count how many pictures
 * @param classLabels one for all pictures, one each, or none: then picture i is of class i modulo their number
 * @param truncation BigGAN's: values of z are drawn from N(0, 1) cut at 2 and multiplied with it, 0 to 1; null for plain noise
 * @param oversample of so many candidates a picture the one with the highest discriminator score is kept; 1 for no choice
 */
public record GanRequest(
    long seed, int count, List<Integer> classLabels, @Nullable Double truncation, int oversample) {

  /** Checks the numbers. */
  public GanRequest {
    classLabels = Collections.unmodifiableList(new ArrayList<>(classLabels));
    if (count < 1 || oversample < 1) {
      throw new IllegalArgumentException(
          "count and oversample are at least 1, got " + count + " and " + oversample + ".");
    }
    if (truncation != null && !(truncation > 0)) {
      throw new IllegalArgumentException("truncation is above 0, got " + truncation + ".");
    }
  }

  /** One picture from seed 0. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link GanRequest}; the defaults are here. */
  public static final class Builder {
    private long seed;
    private int count = 1;
    private List<Integer> classLabels = Collections.emptyList();
    private @Nullable Double truncation;
    private int oversample = 1;

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

    /** One class for all. */
    public Builder classLabel(int value) {
      classLabels = Collections.singletonList(value);
      return this;
    }

    /** BigGAN's truncation, or null. */
    public Builder truncation(@Nullable Double value) {
      truncation = value;
      return this;
    }

    /** Candidates a picture. */
    public Builder oversample(int value) {
      oversample = value;
      return this;
    }

    /** The request. */
    public GanRequest build() {
      return new GanRequest(seed, count, classLabels, truncation, oversample);
    }
  }
}
