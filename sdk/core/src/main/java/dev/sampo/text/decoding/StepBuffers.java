package dev.sampo.text.decoding;

import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of steps of one id a row, for a number of rows: made once, rewritten in place, closed together. Outputs of a step are pinned to
 * them, so that reading scores copies nothing but the scores.
 */
final class StepBuffers implements AutoCloseable {
  /** Writes a mask. */
  interface MaskWriter {
    /** Writes all of {@code [rows, total]}. */
    void write(LongBuffer mask, int rows, int total);
  }

  private final int rows;
  private final List<Tensor> own = new ArrayList<>();
  private final Tensor ids;
  private final LongBuffer idValues;
  private @Nullable Tensor mask;

  /** @param rows rows of each step */
  StepBuffers(int rows) {
    this.rows = rows;
    this.ids = keep(Tensor.allocate(ElementType.INT64, Shape.of(rows, 1)));
    this.idValues = ids.longBuffer();
  }

  int rows() {
    return rows;
  }

  /** A tensor of zeros that is closed with these. */
  Tensor allocate(ElementType type, Shape shape) {
    return keep(Tensor.allocate(type, shape));
  }

  /** Has a tensor closed with these. */
  Tensor keep(Tensor tensor) {
    own.add(tensor);
    return tensor;
  }

  /** The ids of a step, {@code [rows, 1]}. */
  Tensor ids(int[] values) {
    for (int r = 0; r < rows; r++) {
      idValues.put(r, values[r]);
    }
    return ids;
  }

  /**
   * A mask {@code [rows, total]}, a view that the caller closes. Grows by doubling.
   *
   * @param zeros what writes the zeros where a row has padding; null where none has, the mask is all ones then
   */
  Tensor mask(int total, @Nullable MaskWriter zeros) {
    Tensor buffer = mask;
    if (buffer == null || buffer.elementCount() < (long) rows * total) {
      if (buffer != null) {
        own.remove(buffer);
        buffer.close();
      }
      buffer =
          allocate(
              ElementType.INT64,
              Shape.of(Math.multiplyExact((long) rows, Math.max(64, 2L * total))));
      LongBuffer fresh = buffer.longBuffer();
      for (int i = 0; i < fresh.capacity(); i++) {
        fresh.put(i, 1);
      }
      mask = buffer;
    }
    if (zeros != null) {
      zeros.write(buffer.longBuffer(), rows, total);
    }
    return buffer.view(Shape.of(rows, total));
  }

  @Override
  public void close() {
    own.forEach(Tensor::close);
    own.clear();
  }
}
