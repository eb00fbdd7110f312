package dev.sampo.picture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What to draw from a VAE's prior.
 *
 * @param seed of the noise
 * @param count how many pictures
 * @param classLabels one for all pictures, one each, or none
 * @param temperature what the standard normal latents are multiplied with; below 1 more typical pictures, above 0
 */
public record VaeRequest(long seed, int count, List<Integer> classLabels, double temperature) {
  /** Checks the numbers. */
  public VaeRequest {
    classLabels = Collections.unmodifiableList(new ArrayList<>(classLabels));
    if (count < 1 || !(temperature > 0)) {
      throw new IllegalArgumentException(
          "count is at least 1 and temperature above 0, got "
              + count
              + " and "
              + temperature
              + ".");
    }
  }

  /** So many pictures from a seed, at temperature 1, without classes. */
  public static VaeRequest of(long seed, int count) {
    return new VaeRequest(seed, count, Collections.emptyList(), 1);
  }
}
