package dev.sampo.training.autodiff;

import dev.sampo.onnx.Dims;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.Value;

/** A linear map along one axis: y[..., j, ...] = sum_i x[..., i, ...] matrix[i][j]. */
final class AxisMatrix {
  private AxisMatrix() {}

  static Value apply(Emitter g, Value x, int rank, int axis, float[][] matrix) {
    int rows = matrix.length;
    int columns = matrix[0].length;
    float[] flat = new float[rows * columns];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(matrix[i], 0, flat, i * columns, columns);
    }
    Value m = g.floats(new long[] {rows, columns}, flat);
    long[] swap = Dims.swap(rank, axis, rank - 1);
    return g.transpose(g.matMul(g.transpose(x, swap), m), swap);
  }

  static float[][] transposed(float[][] matrix) {
    float[][] result = new float[matrix[0].length][matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < matrix[0].length; j++) {
        result[j][i] = matrix[i][j];
      }
    }
    return result;
  }
}
