package dev.sampo.specs;

import java.util.Collections;
import java.util.List;

/**
 * The pictures of a model: the block {@code image} of {@code sampo.json}.
 *
 * @param channels 1 for grey, 3 for red, green, blue
 * @param height rows; 0 for any
 * @param width columns; 0 for any
 * @param low the number for black
 * @param high the number for full brightness
 */
public record ImageFormat(int channels, int height, int width, double low, double high) {
  static ImageFormat read(Json json) {
    json.allowOnly("channels", "height", "width", "range");
    List<Double> range = json.has("range") ? json.numbers("range") : Collections.emptyList();
    if (json.has("range") && (range.size() != 2 || range.get(0) >= range.get(1))) {
      throw json.error(
          "'" + json.path("range") + "' must be two numbers, the lower first, but is " + range);
    }
    return new ImageFormat(
        json.positive("channels"),
        json.has("height") ? json.positive("height") : 0,
        json.has("width") ? json.positive("width") : 0,
        range.isEmpty() ? -1 : range.get(0),
        range.isEmpty() ? 1 : range.get(1));
  }
}
