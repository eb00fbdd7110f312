package dev.sampo.diffusion.architecture;

/**
 * What one text encoder says of prompts.
 *
 * @param length positions of a prompt
 * @param last its result [batch, length, width]
 * @param layer the layer wished for; empty where the graph does not give it
 * @param pooled [batch, pooledWidth], empty where the graph gives none
 * @param mask 1 for tokens, 0 for padding [batch, length]
 */
@SuppressWarnings("ArrayRecordComponent")
public record TextReading(int length, float[] last, float[] layer, float[] pooled, long[] mask) {

  /** Two encoders' values row by row. */
  static float[] sideBySide(float[] a, float[] b, int rows) {
    int wa = a.length / rows;
    int wb = b.length / rows;
    float[] out = new float[a.length + b.length];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(a, r * wa, out, r * (wa + wb), wa);
      System.arraycopy(b, r * wb, out, r * (wa + wb) + wa, wb);
    }
    return out;
  }

  int batch() {
    return mask.length / length;
  }
}
