package dev.sampo.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Graphs;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The graphs that ship give the same bytes on any number of threads, and any graph does with {@link SessionConfig#reproducible()}.
 * docs/adr says which operators make that more than a matter of course.
 */
class ThreadsTest {
  private static final int PAST = 5;
  private static final int[] THREADS = {1, 2, 3};

  @Test
  void run_whenShippedGraphs_isTheSameOnAnyNumberOfThreads() throws IOException {
    List<Path> files;
    try (Stream<Path> all =
        Files.walk(Paths.get(System.getProperty("sampo.home"), "exporter-specs", "models"))) {
      files = all.filter(f -> f.toString().endsWith(".onnx")).sorted().collect(Collectors.toList());
    }
    assertFalse(files.isEmpty());
    for (Path file : files) {
      same(file, false, new int[][] {{1, 1}, {1, 17}, {2, 3}});
    }
  }

  @Test
  void run_whenReproducible_isTheSameForGraphsThatOtherwiseAreNot() {
    same(Graphs.path("reduce_middle.onnx"), true, new int[][] {{2, 33}});
  }

  /** Runs the graph for each (batch, length) on one thread and on several, and compares whole outputs. */
  private static void same(Path file, boolean reproducible, int[][] sizes) {
    List<List<float[]>> first = new ArrayList<>();
    for (int threads : THREADS) {
      SessionConfig config =
          SessionConfig.builder()
              .intraOpThreads(threads)
              .reproducible(reproducible)
              .spinning(false)
              .build();
      try (Graph graph = Graph.load(file, config)) {
        for (int i = 0; i < sizes.length; i++) {
          List<float[]> outputs = run(graph, sizes[i][0], sizes[i][1]);
          if (threads == THREADS[0]) {
            first.add(outputs);
            continue;
          }
          for (int n = 0; n < outputs.size(); n++) {
            assertArrayEquals(
                first.get(i).get(n),
                outputs.get(n),
                0f,
                file + ", output " + n + ", " + threads + " threads");
          }
        }
      }
    }
  }

  private static List<float[]> run(Graph graph, int batch, int length) {
    Random random = new Random(batch * 1000L + length);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (TensorInfo info : graph.inputs().values()) {
      inputs.put(info.name(), input(info, batch, length, random));
    }
    List<float[]> all = new ArrayList<>();
    try (Outputs outputs = graph.run(inputs)) {
      for (String name : outputs.names()) {
        all.add(outputs.get(name).toFloats());
      }
    }
    inputs.values().forEach(Tensor::close);
    return all;
  }

  private static Tensor input(TensorInfo info, int batch, int length, Random random) {
    long[] dims = info.shape().dims();
    for (int i = 0; i < dims.length; i++) {
      String symbol = String.valueOf(info.shape().symbol(i));
      if (dims[i] < 0) {
        boolean past = symbol.contains("past");
        boolean total = past && symbol.contains("+");
        dims[i] =
            i == 0 || symbol.startsWith("batch")
                ? batch
                : total
                    ? length + PAST
                    : past ? PAST : symbol.equals("height") || symbol.equals("width") ? 9 : length;
      }
    }
    Shape shape = Shape.of(dims);
    if (info.type() == ElementType.FLOAT32) {
      float[] values = new float[(int) shape.elementCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return Tensor.ofFloats(shape, values);
    }
    long[] values = new long[(int) shape.elementCount()];
    for (int i = 0; i < values.length; i++) {
      boolean ones = info.name().contains("mask") || info.name().equals("lengths");
      values[i] = ones ? 1 : random.nextInt(9);
    }
    return Tensor.longsAs(info.type(), shape, values);
  }
}
