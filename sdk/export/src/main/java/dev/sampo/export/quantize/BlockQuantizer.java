package dev.sampo.export.quantize;

/**
 * Numbers in 4 or 8 bits, by blocks along a row, as ONNX Runtime's {@code MatMulNBits} reads them and its Python tool writes them, bit for bit.
 *
 * <p>Asymmetric: {@code scale = (max - min) / (2^bits - 1)} over a range that holds 0, {@code zero = round(-min / scale)}. Symmetric: the value
 * farthest from 0, with its sign, becomes code 0: {@code scale = farthest / -2^(bits-1)}, the zero is {@code 2^(bits-1)}. Then {@code code =
 * round(x / scale + zero)}, cut to the range.
 */
final class BlockQuantizer {
  private final int bits;
  private final int block;
  private final boolean symmetric;
  private final int columns;
  private final int blocks;
  private final int top;
  private final int middle;

  /**
   * @param columns numbers of a row; the last block is filled up with code 0
   */
  BlockQuantizer(int bits, int block, boolean symmetric, int columns) {
    this.bits = bits;
    this.block = block;
    this.symmetric = symmetric;
    this.columns = columns;
    this.blocks = (columns + block - 1) / block;
    this.top = (1 << bits) - 1;
    this.middle = 1 << (bits - 1);
  }

  int blocks() {
    return blocks;
  }

  /** Bytes of a row's codes. */
  int rowBytes() {
    return blocks * block * bits / 8;
  }

  /** Bytes of a row's zeros. */
  int zeroBytes() {
    return (blocks * bits + 7) / 8;
  }

  /**
   * Quantises a row.
   *
   * @param codes {@link #rowBytes()}; of two codes in a byte the first is the low half
   * @param zeros {@link #zeroBytes()}, packed alike; untouched where symmetric
   */
  void row(float[] row, byte[] codes, float[] scales, byte[] zeros) {
    java.util.Arrays.fill(codes, (byte) 0);
    if (!symmetric && bits == 4) {
      // An odd number of blocks leaves half a byte, which the tool fills with the middle.
      java.util.Arrays.fill(zeros, (byte) (middle << 4 | middle));
    }
    for (int b = 0; b < blocks; b++) {
      int from = b * block;
      int to = Math.min(columns, from + block);
      float min = 0;
      float max = 0;
      for (int i = from; i < to; i++) {
        min = Math.min(min, row[i]);
        max = Math.max(max, row[i]);
      }
      float scale;
      int zero;
      if (symmetric) {
        scale = (Math.abs(max) > Math.abs(min) ? max : min) / -middle;
        zero = middle;
      } else {
        scale = (max - min) / top;
        zero = scale == 0 ? 0 : cut(round(0 - min / scale));
        put(zeros, b, zero);
      }
      scales[b] = scale;
      float reciprocal = scale == 0 ? 0 : 1 / scale;
      for (int i = from; i < to; i++) {
        put(codes, i, cut(round(row[i] * reciprocal + zero)));
      }
    }
  }

  /** C's roundf: halves away from 0. */
  private static int round(float x) {
    return (int) (x < 0 ? Math.ceil(x - 0.5) : Math.floor(x + 0.5));
  }

  private int cut(int code) {
    return Math.max(0, Math.min(top, code));
  }

  private void put(byte[] target, int index, int code) {
    if (bits == 8) {
      target[index] = (byte) code;
    } else if (index % 2 == 0) {
      target[index / 2] = (byte) ((target[index / 2] & 0xf0) | code);
    } else {
      target[index / 2] = (byte) ((target[index / 2] & 0x0f) | code << 4);
    }
  }
}
