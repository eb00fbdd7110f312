package dev.sampo.export.quantize;

import dev.sampo.export.weights.Matrix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Weights in int8 with a scale for each output, as {@code MatMulInteger} takes them: [inputs, outputs], {@code code = round(w / scale)}, {@code
 * scale = max |w| / 127}.
 *
 * <p>The products of unsigned by signed bytes of processors without VNNI add pairs in 16 bits and saturate. There codes are unsigned, 128 standing
 * for 0, which ONNX Runtime multiplies exactly everywhere, and more slowly.
 */
final class RowQuantizer {
  private final byte[] codes;
  private final float[] scales;
  private final int inputs;
  private final int outputs;

  private RowQuantizer(byte[] codes, float[] scales, int inputs, int outputs) {
    this.codes = codes;
    this.scales = scales;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /**
   * Quantises.
   *
   * @param matrix a row for each output
   * @param unsigned whether 128 stands for 0
   */
  static RowQuantizer of(Matrix matrix, boolean unsigned) {
    int outputs = matrix.rows();
    int inputs = matrix.columns();
    byte[] codes = new byte[Math.multiplyExact(inputs, outputs)];
    float[] scales = new float[outputs];
    float[] row = new float[inputs];
    for (int n = 0; n < outputs; n++) {
      matrix.row(n, row);
      float most = 0;
      for (float w : row) {
        most = Math.max(most, Math.abs(w));
      }
      scales[n] = most / 127;
      float reciprocal = most == 0 ? 0 : 127 / most;
      for (int k = 0; k < inputs; k++) {
        int code = Math.round(row[k] * reciprocal);
        codes[k * outputs + n] = (byte) (unsigned ? code + 128 : code);
      }
    }
    return new RowQuantizer(codes, scales, inputs, outputs);
  }

  /** Codes [inputs, outputs]. */
  byte[] codes() {
    return codes;
  }

  /** A scale for each output. */
  float[] scales() {
    return scales;
  }

  int inputs() {
    return inputs;
  }

  int outputs() {
    return outputs;
  }

  /** Whether products of unsigned by signed bytes are exact on this processor: all but x86 without VNNI. */
  static boolean isExactHere() {
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    if (!arch.equals("amd64") && !arch.equals("x86_64")) {
      return true;
    }
    try {
      return Files.readString(Path.of("/proc/cpuinfo"), StandardCharsets.US_ASCII).contains("vnni");
    } catch (IOException e) {
      return false; // not known: the form that is exact everywhere
    }
  }
}
