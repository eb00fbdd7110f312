package dev.sampo.cli.quality;

import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A classifier of digits that was trained on real ones only, and the variety of pictures of one class. */
public final class DigitJudge implements AutoCloseable {
  private static final int BATCH = 100;

  private final Graph graph;

  private DigitJudge(Graph graph) {
    this.graph = graph;
  }

  /** Loads {@code judge.onnx}: {@code sample} [batch, 1, 28, 28] in 0..1 to {@code logits} [batch, 10]. */
  public static DigitJudge load(Path file) {
    return new DigitJudge(Graph.load(file, SessionConfig.defaults()));
  }

  /** The class that the judge sees in each picture. */
  public int[] classes(PictureBatch pictures) {
    int[] out = new int[pictures.count()];
    for (int from = 0; from < out.length; from += BATCH) {
      int n = Math.min(BATCH, out.length - from);
      float[] data = new float[n * pictures.pictureSize()];
      for (int i = 0; i < n; i++) {
        System.arraycopy(
            pictures.unitPicture(from + i),
            0,
            data,
            i * pictures.pictureSize(),
            pictures.pictureSize());
      }
      Shape shape = Shape.of(n, 1, pictures.heightPx(), pictures.widthPx());
      try (Tensor sample = Tensor.ofFloats(shape, data);
          Outputs outputs = graph.run(Map.of("sample", sample))) {
        float[] logits = outputs.get("logits").toFloats();
        for (int i = 0; i < n; i++) {
          out[from + i] = argmax(logits, i * (logits.length / n), logits.length / n);
        }
      }
    }
    return out;
  }

  /** The share of pictures in which the judge sees what was asked for. */
  public double judgedRight(PictureBatch pictures, long[] labels) {
    int[] seen = classes(pictures);
    int right = 0;
    for (int i = 0; i < seen.length; i++) {
      right += seen[i] == labels[i] ? 1 : 0;
    }
    return (double) right / seen.length;
  }

  /**
   * The mean Euclidean distance of two pictures of one class (pixels in 0..1, clipped; over all pairs), averaged over the classes that have
   * at least two.
   */
  public static double diversity(PictureBatch pictures, long[] labels) {
    Map<Long, List<float[]>> byClass = new TreeMap<>();
    for (int i = 0; i < labels.length; i++) {
      byClass.computeIfAbsent(labels[i], k -> new ArrayList<>()).add(pictures.unitPicture(i));
    }
    byClass.values().removeIf(members -> members.size() < 2);
    return byClass.values().stream().mapToDouble(DigitJudge::meanDistance).average().orElse(0);
  }

  private static double meanDistance(List<float[]> members) {
    double sum = 0;
    for (int i = 0; i < members.size(); i++) {
      for (int j = 0; j < i; j++) {
        sum += distance(members.get(i), members.get(j));
      }
    }
    return 2 * sum / ((double) members.size() * (members.size() - 1));
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double d = a[i] - b[i];
      sum += d * d;
    }
    return Math.sqrt(sum);
  }

  private static int argmax(float[] values, int from, int n) {
    int best = 0;
    for (int k = 1; k < n; k++) {
      if (values[from + k] > values[from + best]) {
        best = k;
      }
    }
    return best;
  }

  @Override
  public void close() {
    graph.close();
  }
}
