package dev.sampo.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Sizes before anything is allocated by them: what a file of a model states, and what a request multiplies to. */
public final class Sizes {
  /** The longest side of a picture, in pixels or in positions of its latents. */
  public static final int MOST_SIDE = 16_384;

  /** The most channels, bands or features of anything that the file of a model states. */
  public static final int MOST_CHANNELS = 65_536;

  private static final int MOST_ELEMENTS = Integer.MAX_VALUE - 8;

  private Sizes() {}

  /**
   * A whole number of a configuration.
   *
   * @param file where {@code config} stands, for the message
   * @param fallback where it does not say, or says null
   * @throws ModelException unless it is from 1 to {@code most}
   */
  public static int stated(JsonNode config, Path file, String key, int fallback, int most) {
    return stated(config.path(key), key, file, fallback, most);
  }

  /** As the other, of one number out of a list. */
  public static int stated(JsonNode value, String what, Path file, int fallback, int most) {
    if (value.isMissingNode() || value.isNull()) {
      return fallback;
    }
    double number = value.isNumber() ? value.doubleValue() : 0;
    if (number < 1 || number > most || number != Math.rint(number)) {
      String shown = value.toString();
      throw new ModelException(
          file,
          what
              + " in "
              + file
              + " is "
              + (shown.length() > 60 ? shown.substring(0, 60) + "..." : shown)
              + ", wanted a whole number from 1 to "
              + most
              + ".");
    }
    return (int) number;
  }

  /** One side of {@code sample_size}, which is a number or a list of height and width. */
  public static int side(JsonNode config, Path file, String key, boolean width, int fallback) {
    JsonNode size = config.path(key);
    if (!size.isArray()) {
      return stated(size, key, file, fallback, MOST_SIDE);
    }
    if (size.size() != 2) {
      throw new ModelException(
          file, key + " in " + file + " has " + size.size() + " numbers, wanted height and width.");
    }
    return stated(size.get(width ? 1 : 0), key, file, fallback, MOST_SIDE);
  }

  /**
   * How many numbers something has.
   *
   * @param option of the request that can make it fewer
   * @throws RequestException if an array cannot hold them
   */
  public static int elements(@Nullable String option, String what, long... dims) {
    long count = 1;
    for (long dim : dims) {
      boolean fits = dim >= 0 && (dim == 0 || count <= MOST_ELEMENTS / dim);
      if (!fits) {
        throw new RequestException(
            option,
            what
                + " of "
                + Arrays.toString(dims)
                + " numbers are more than the "
                + MOST_ELEMENTS
                + " that fit. Ask for less.");
      }
      count *= dim;
    }
    return (int) count;
  }
}
