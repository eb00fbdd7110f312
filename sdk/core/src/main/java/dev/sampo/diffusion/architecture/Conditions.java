package dev.sampo.diffusion.architecture;

import dev.sampo.runtime.Shape;
import java.util.Arrays;

/**
 * What a network may be told beside text and class.
 *
 * @param rows of the network's batch
 * @param plainRows of them, at the front, those that guidance goes away from
 * @param heightPx of the picture
 * @param widthPx of the picture
 * @param height of the sample, in positions
 * @param width of the sample, in positions
 * @param guidanceScale as asked for
 * @param textLength positions of the text
 * @param sizes original height and width, crop's top and left, target height and width
 * @param plainSizes the same for the plain rows
 */
@SuppressWarnings("ArrayRecordComponent")
public record Conditions(
    int rows,
    int plainRows,
    int heightPx,
    int widthPx,
    int height,
    int width,
    double guidanceScale,
    int textLength,
    float[] sizes,
    float[] plainSizes) {

  /** One number a row. */
  static void bindRows(NetworkInputs inputs, String name, int rows, double value) {
    float[] values = new float[rows];
    Arrays.fill(values, (float) value);
    inputs.bind(name, Shape.of(rows), values);
  }
}
