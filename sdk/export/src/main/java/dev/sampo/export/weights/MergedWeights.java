package dev.sampo.export.weights;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.LinkedHashMap;
import java.util.Map;

/** Weights with an adapter's changes in them, in a file of their own beside the graph; planned first, computed when they are written. */
public final class MergedWeights {
  /** Name of the file. */
  public static final String FILE = "model_merged.data";

  private static final int BOUNDARY = 64;

  private final Map<String, Plan> plans = new LinkedHashMap<>();
  private long end;

  /** A weight to be made. */
  private record Plan(Weight base, LoraAdapter.Delta delta, boolean transposed, Weight result) {}

  /**
   * Plans a weight.
   *
   * @param transposed whether {@code (B A)^T} is added: weights stored [in, out], and embeddings
   * @return where the result will be
   */
  public Weight plan(String name, Weight base, LoraAdapter.Delta delta, boolean transposed) {
    Plan known = plans.get(name);
    if (known != null) {
      return known.result();
    }
    long out = transposed ? base.dim(1) : base.dim(0);
    long in = transposed ? base.dim(0) : base.dim(1);
    if (delta.up().dim(0) != out || delta.down().dim(1) != in) {
      throw new dev.sampo.error.ModelException(
          delta.up().file(),
          "The adapter's " + delta.up() + " and " + delta.down() + " do not fit " + base + ".");
    }
    end = (end + BOUNDARY - 1) / BOUNDARY * BOUNDARY;
    long length = 4 * base.dim(0) * base.dim(1);
    Weight result = new Weight(name, WeightType.F32, base.shape(), Paths.get(FILE), end, length);
    end += length;
    plans.put(name, new Plan(base, delta, transposed, result));
    return result;
  }

  /** Whether nothing was planned. */
  public boolean isEmpty() {
    return plans.isEmpty();
  }

  /** Computes and writes what was planned. */
  public void write(Path folder) throws IOException {
    Path partial = folder.resolve(FILE + ".partial");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(partial), 1 << 16)) {
      long at = 0;
      for (Plan plan : plans.values()) {
        for (; at < plan.result().offset(); at++) {
          out.write(0);
        }
        write(plan, out);
        at += plan.result().length();
      }
    }
    Files.move(partial, folder.resolve(FILE), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static void write(Plan plan, OutputStream out) throws IOException {
    Matrix base = Matrix.of(plan.base(), false);
    // Row i of the change is sum over r of left[i][r] * right[r]: B A, or transposed A^T B^T.
    Matrix left =
        plan.transposed()
            ? Matrix.of(plan.delta().down(), true)
            : Matrix.of(plan.delta().up(), false);
    Matrix right =
        plan.transposed()
            ? Matrix.of(plan.delta().up(), true)
            : Matrix.of(plan.delta().down(), false);
    int rank = right.rows();
    float[][] directions = new float[rank][right.columns()];
    for (int r = 0; r < rank; r++) {
      right.row(r, directions[r]);
    }
    float[] factors = new float[rank];
    float[] row = new float[base.columns()];
    float[] change = new float[base.columns()];
    ByteBuffer bytes = ByteBuffer.allocate(4 * row.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < base.rows(); i++) {
      base.row(i, row);
      left.row(i, factors);
      java.util.Arrays.fill(change, 0);
      for (int r = 0; r < rank; r++) {
        float factor = factors[r];
        float[] direction = directions[r];
        for (int c = 0; c < change.length; c++) {
          change[c] += factor * direction[c];
        }
      }
      for (int c = 0; c < row.length; c++) {
        row[c] += (float) (change[c] * plan.delta().scale());
      }
      bytes.clear();
      bytes.asFloatBuffer().put(row);
      out.write(bytes.array());
    }
  }
}
