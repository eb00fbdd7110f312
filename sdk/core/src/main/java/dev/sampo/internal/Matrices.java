package dev.sampo.internal;

import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.nio.LongBuffer;

/** Tensors of rows. */
public final class Matrices {
  private Matrices() {}

  /** An int64 matrix of rows that are equally long. */
  public static Tensor longs(int[][] rows) {
    int width = rows[0].length;
    Tensor tensor = Tensor.allocate(ElementType.INT64, Shape.of(rows.length, width));
    LongBuffer buffer = tensor.longBuffer();
    for (int r = 0; r < rows.length; r++) {
      for (int i = 0; i < width; i++) {
        buffer.put(r * width + i, rows[r][i]);
      }
    }
    return tensor;
  }
}
