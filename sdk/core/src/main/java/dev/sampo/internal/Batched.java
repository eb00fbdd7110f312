package dev.sampo.internal;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Runs a graph over many rows in batches of at most {@value #MAX_BATCH}, or of the size that the graph insists on (the last
 * batch is then filled up, and what comes of the filling is dropped).
 */
public final class Batched {
  public static final int MAX_BATCH = 64;

  private final NamedGraph graph;
  private final int count;
  private final Map<String, Rows> inputs = new LinkedHashMap<>();
  private int fixedBatch;

  /** Rows of one input: values, or labels. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  private record Rows(float[] floats, long[] longs, long[] rowShape) {}

  /**
   * What an output holds for all rows.
   *
   * @param values row by row
   * @param rowShape the shape of one row
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  public record Result(float[] values, long[] rowShape) {
    public int rowSize() {
      return (int) Shape.of(rowShape).elementCount();
    }

    /** One array a row. */
    public float[][] rows() {
      int size = rowSize();
      float[][] rows = new float[values.length / size][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = Arrays.copyOfRange(values, i * size, (i + 1) * size);
      }
      return rows;
    }
  }

  public Batched(NamedGraph graph, int count) {
    this.graph = graph;
    this.count = count;
  }

  /** Rows of one shape, one after another. */
  public Batched floats(String input, float[] rows, long... rowShape) {
    inputs.put(input, new Rows(rows, new long[0], rowShape));
    fixedBatch = Math.max(fixedBatch, graph.fixedBatch(input));
    return this;
  }

  /** Vectors, each laid out in the shape that the graph takes. */
  public Batched vectors(String input, float[][] rows, long... rowShape) {
    int size = rows.length == 0 ? 0 : rows[0].length;
    float[] flat = new float[rows.length * size];
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length != size) {
        throw new RequestException(
            input,
            "Vector " + i + " has " + rows[i].length + " values, the first one " + size + ".");
      }
      System.arraycopy(rows[i], 0, flat, i * size, size);
    }
    return floats(input, flat, rowShape);
  }

  /** Class labels, where there are any. */
  public Batched labels(long[] labels) {
    if (labels.length > 0) {
      inputs.put("class_label", new Rows(new float[0], labels, new long[0]));
    }
    return this;
  }

  public Result run(String output, Watch watch) {
    return run(List.of(output), watch).get(0);
  }

  /**
   * The outputs in the order of their names; progress counts rows.
   *
   * @throws CancelledException when cancelled; its partial is a {@link Done} with the rows of the batches that were through
   */
  public List<Result> run(List<String> names, Watch watch) {
    List<float[]> values = new ArrayList<>();
    List<long[]> shapes = new ArrayList<>();
    int batch = fixedBatch > 0 ? fixedBatch : Math.min(MAX_BATCH, Math.max(1, count));
    for (int from = 0; from < count; from += batch) {
      int n = Math.min(batch, count - from);
      try {
        watch.token().throwIfCancelled();
        runBatch(names, from, n, fixedBatch > 0 ? batch : n, values, shapes, watch.token());
      } catch (CancelledException e) {
        throw new CancelledException(
            "Cancelled after " + from + " of " + count + ".",
            e,
            new Done(from, results(values, shapes, from)));
      }
      watch.at(from + n, count);
    }
    return results(values, shapes, count);
  }

  /**
   * What a cancelled run had by then.
   *
   * @param count rows that are done
   * @param results their outputs; empty when there are none
   */
  public record Done(int count, List<Result> results) {}

  private static List<Result> results(List<float[]> values, List<long[]> shapes, int rows) {
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      int rowSize = (int) Shape.of(shapes.get(i)).elementCount();
      float[] all = values.get(i);
      int size = rows * rowSize;
      results.add(new Result(all.length == size ? all : Arrays.copyOf(all, size), shapes.get(i)));
    }
    return results;
  }

  private void runBatch(
      List<String> names,
      int from,
      int n,
      int batch,
      List<float[]> values,
      List<long[]> shapes,
      CancellationToken token) {
    Map<String, Tensor> feeds = new HashMap<>();
    LinkedHashSet<String> wanted = new LinkedHashSet<>();
    for (String name : names) {
      wanted.add(graph.outputName(name));
    }
    try {
      inputs.forEach((name, rows) -> feeds.put(graph.inputName(name), feed(rows, from, n, batch)));
      try (Outputs outputs = graph.graph().run(feeds, wanted, token)) {
        for (int i = 0; i < names.size(); i++) {
          take(outputs.get(graph.outputName(names.get(i))), i, from, n, batch, values, shapes);
        }
      }
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }

  private static Tensor feed(Rows rows, int from, int n, int batch) {
    long[] shape = new long[rows.rowShape.length + 1];
    shape[0] = batch;
    System.arraycopy(rows.rowShape, 0, shape, 1, rows.rowShape.length);
    if (rows.longs.length > 0) {
      return Tensor.ofLongs(
          Shape.of(shape), Arrays.copyOf(Arrays.copyOfRange(rows.longs, from, from + n), batch));
    }
    int size = (int) Shape.of(rows.rowShape).elementCount();
    float[] part = Arrays.copyOfRange(rows.floats, from * size, (from + n) * size);
    return Tensor.ofFloats(Shape.of(shape), Arrays.copyOf(part, batch * size));
  }

  private void take(
      Tensor tensor,
      int output,
      int from,
      int n,
      int batch,
      List<float[]> values,
      List<long[]> shapes) {
    int rowSize = tensor.elementCount() / batch;
    if (values.size() <= output) {
      long[] dims = tensor.shape().dims();
      values.add(new float[count * rowSize]);
      shapes.add(Arrays.copyOfRange(dims, 1, dims.length));
    }
    tensor.copyTo(0, values.get(output), from * rowSize, n * rowSize);
  }
}
