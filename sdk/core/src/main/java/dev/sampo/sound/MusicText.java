package dev.sampo.sound;

import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.util.Arrays;

/**
 * What the decoder hears of the texts. With guidance the states are followed by zeros with a mask of zeros: the half without a text needs no second pass of the text
 * encoder.
 */
final class MusicText implements AutoCloseable {
  private final Tensor states;
  private final Tensor mask;
  private final int rows;
  private final double guidanceScale;

  MusicText(float[] states, long[] mask, int count, int length, int width, double guidanceScale) {
    this.guidanceScale = guidanceScale;
    this.rows = guidanceScale > 1 ? 2 * count : count;
    this.states =
        Tensor.ofFloats(
            Shape.of(rows, length, width), Arrays.copyOf(states, rows * length * width));
    this.mask = Tensor.ofLongs(Shape.of(rows, length), Arrays.copyOf(mask, rows * length));
  }

  Tensor states() {
    return states;
  }

  Tensor mask() {
    return mask;
  }

  /** Rows of states: the sounds, twice where they are guided. */
  int rows() {
    return rows;
  }

  boolean isGuided() {
    return guidanceScale > 1;
  }

  float guidanceScale() {
    return (float) guidanceScale;
  }

  @Override
  public void close() {
    states.close();
    mask.close();
  }
}
