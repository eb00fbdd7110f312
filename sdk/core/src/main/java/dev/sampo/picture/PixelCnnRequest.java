package dev.sampo.picture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What to draw from a PixelCNN.
 *
 * @param seed of the draws
 * @param count how many pictures; they are drawn side by side
 * @param classLabels one for all pictures, one each, or none: then picture i is of class i modulo their number
 * @param temperature divides the logits: 1 as trained, below 1 cleaner and less varied, 0 the likeliest level every time
 */
public record PixelCnnRequest(long seed, int count, List<Integer> classLabels, double temperature) {
  /** Checks the numbers. */
  public PixelCnnRequest {
    classLabels = Collections.unmodifiableList(new ArrayList<>(classLabels));
    if (count < 1 || !(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "count is at least 1 and temperature at least 0, got "
              + count
              + " and "
              + temperature
              + ".");
    }
  }

  /** So many pictures from a seed, at temperature 1, of all classes in turn. */
  public static PixelCnnRequest of(long seed, int count) {
    return new PixelCnnRequest(seed, count, Collections.emptyList(), 1);
  }

  /** The same for given classes. */
  public PixelCnnRequest withClassLabels(List<Integer> labels) {
    return new PixelCnnRequest(seed, count, labels, temperature);
  }

  /** The same at another temperature. */
  public PixelCnnRequest withTemperature(double value) {
    return new PixelCnnRequest(seed, count, classLabels, value);
  }
}
