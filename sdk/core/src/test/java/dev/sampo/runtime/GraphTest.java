package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ClosedException;
import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphTest {
  private static final Shape ROW = Shape.of(1, 3);

  @Test
  void run_withTwoInputs_givesBothOutputs() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(ROW, 1, 2, 3);
        Tensor b = Tensor.ofFloats(ROW, 10, 20, 30);
        Outputs outputs = graph.run(Map.of("a", a, "b", b))) {
      assertEquals(Set.of("sum", "twice"), outputs.names());
      assertArrayEquals(new float[] {11, 22, 33}, outputs.get("sum").toFloats());
      assertArrayEquals(new float[] {2, 4, 6}, outputs.get("twice").toFloats());
      assertEquals(ROW, outputs.get("sum").shape());
    }
  }

  @Test
  void describe_showsNamesTypesAndSymbols() {
    try (Graph graph = Graphs.load("add.onnx")) {
      assertEquals("graphs/add.onnx", graph.name());
      assertEquals(
          "[a float32 [batch,3], b float32 [batch,3]]", graph.inputs().values().toString());
      assertEquals("sum float32 [batch,3]", graph.outputs().get("sum").toString());
    }
  }

  @Test
  void run_whenOneOutputWanted_givesOnlyThat() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(ROW, 1, 2, 3);
        Outputs outputs =
            graph.run(Map.of("a", a, "b", a), Set.of("twice"), CancellationToken.none())) {
      assertEquals(Set.of("twice"), outputs.names());
      TensorException e = assertThrows(TensorException.class, () -> outputs.get("sum"));
      assertEquals(
          "Output 'sum' of graphs/add.onnx was not asked for. There are [twice]", e.getMessage());
    }
  }

  @Test
  void run_whenPinned_writesIntoTheTensor() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(ROW, 1, 2, 3);
        Tensor sum = Tensor.allocate(ElementType.FLOAT32, ROW)) {
      try (Outputs outputs =
          graph.run(
              Map.of("a", a, "b", a),
              Collections.emptySet(),
              Map.of("sum", sum),
              CancellationToken.none())) {
        assertTrue(outputs.get("sum") == sum);
      }
      assertArrayEquals(new float[] {2, 4, 6}, sum.toFloats());
    }
  }

  @Test
  void run_whenPinnedAsAnotherType_convertsOut() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.longsAs(ElementType.INT64, ROW, 1, 2, 3);
        Tensor sum = Tensor.allocate(ElementType.INT32, ROW);
        Outputs outputs =
            graph.run(
                Map.of("a", a, "b", a), Set.of(), Map.of("sum", sum), CancellationToken.none())) {
      assertArrayEquals(new long[] {2, 4, 6}, outputs.get("sum").toLongs());
    }
  }

  @Test
  void run_whenInputUnknown_listsWhatThereIs() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(ROW, 1, 2, 3)) {
      TensorException e = assertThrows(TensorException.class, () -> graph.run(Map.of("x", a)));
      assertEquals(
          "graphs/add.onnx has no input 'x'. It has [a float32 [batch,3], b float32 [batch,3]]",
          e.getMessage());
      assertEquals("x", e.tensorName());
    }
  }

  @Test
  void run_whenInputMissing_namesIt() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(ROW, 1, 2, 3)) {
      TensorException e = assertThrows(TensorException.class, () -> graph.run(Map.of("a", a)));
      assertEquals(
          "Input 'b' of graphs/add.onnx not given. Wanted: [a float32 [batch,3], b float32"
              + " [batch,3]]; given: [a]",
          e.getMessage());
    }
  }

  @Test
  void run_whenShapeWrong_saysBoth() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 4), 1, 2, 3, 4)) {
      TensorException e =
          assertThrows(TensorException.class, () -> graph.run(Map.of("a", a, "b", a)));
      assertEquals(
          "Input 'a' of graphs/add.onnx has shape [1,4], wanted [batch,3]", e.getMessage());
    }
  }

  @Test
  void run_whenOnnxRuntimeFails_namesFileAndShapes() {
    try (Graph graph = Graphs.load("mismatch.onnx");
        Tensor p = Tensor.allocate(ElementType.FLOAT32, Shape.of(2, 3))) {
      GraphRunException e =
          assertThrows(GraphRunException.class, () -> graph.run(Map.of("p", p, "q", p)));
      assertTrue(
          e.getMessage().startsWith("Running graphs/mismatch.onnx failed: "), e.getMessage());
      assertTrue(e.getMessage().contains("float32 [2,3]"), e.getMessage());
      assertEquals(graph.path(), e.file());
    }
  }

  @Test
  void run_whenTensorClosed_namesIt() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(ROW, 1, 2, 3)) {
      a.close();
      ClosedException e =
          assertThrows(ClosedException.class, () -> graph.run(Map.of("a", a, "b", a)));
      assertTrue(e.getMessage().contains("was closed before the run"), e.getMessage());
    }
  }

  @Test
  void run_whenGraphClosed_says() {
    Graph graph = Graphs.load("add.onnx");
    graph.close();
    graph.close();
    try (Tensor a = Tensor.ofFloats(ROW, 1, 2, 3)) {
      ClosedException e =
          assertThrows(ClosedException.class, () -> graph.run(Map.of("a", a, "b", a)));
      assertEquals(
          "graphs/add.onnx was closed. Open the model again, or close it after its last use.",
          e.getMessage());
    }
  }

  @Test
  void share_whenFirstCloses_secondStillRuns() {
    Graph first = Graphs.load("add.onnx");
    try (Graph second = first.share();
        Tensor a = Tensor.ofFloats(ROW, 1, 2, 3)) {
      first.close();
      try (Outputs outputs = second.run(Map.of("a", a, "b", a))) {
        assertArrayEquals(new float[] {2, 4, 6}, outputs.get("sum").toFloats());
      }
      assertThrows(ClosedException.class, first::share);
    }
  }

  @Test
  void outputs_whenGraphClosedFirst_canStillBeRead() {
    Outputs outputs;
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(ROW, 1, 2, 3)) {
      outputs = graph.run(Map.of("a", a, "b", a));
    }
    assertArrayEquals(new float[] {2, 4, 6}, outputs.get("sum").toFloats());
    outputs.close();
  }

  @Test
  void take_whenOutputsClosed_tensorLives() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(ROW, 1, 2, 3)) {
      Tensor taken;
      Tensor left;
      try (Outputs outputs = graph.run(Map.of("a", a, "b", a))) {
        taken = outputs.take("sum");
        left = outputs.get("twice");
      }
      assertArrayEquals(new float[] {2, 4, 6}, taken.toFloats());
      taken.close();
      assertThrows(ClosedException.class, left::toFloats);
    }
  }

  @Test
  void load_whenWeightsAreExternal_findsThem() {
    float[] x = new float[64];
    x[1] = 1;
    for (String name : Arrays.asList("product.onnx", "product_external.onnx")) {
      try (Graph graph = Graphs.load(name);
          Tensor in = Tensor.ofFloats(Shape.of(1, 64), x);
          Outputs outputs = graph.run(Map.of("x", in))) {
        assertEquals(1f - 63f, outputs.get("y").toFloats()[63], name);
      }
    }
  }

  @Test
  void load_whenMissing_says(@TempDir Path folder) {
    Path file = folder.resolve("model.onnx");
    ModelException e =
        assertThrows(ModelException.class, () -> Graph.load(file, SessionConfig.defaults()));
    assertEquals(
        "Model file " + file + " does not exist. Check the path, or export the model again.",
        e.getMessage());
    assertEquals(file, e.path());
  }

  @Test
  void load_whenFolder_says(@TempDir Path folder) {
    ModelException e =
        assertThrows(ModelException.class, () -> Graph.load(folder, SessionConfig.defaults()));
    assertTrue(e.getMessage().contains("is a folder"), e.getMessage());
  }

  @Test
  void load_whenEmptyOrPointer_says(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.write(file, new byte[0]);
    assertTrue(loadFailure(file).contains("is empty"), loadFailure(file));
    Files.write(
        file, "version https://git-lfs.github.com/spec/v1\noid sha256:1\n".getBytes("UTF-8"));
    assertTrue(loadFailure(file).contains("git lfs pull"), loadFailure(file));
  }

  @Test
  void load_whenTruncatedAnywhere_namesTheFile(@TempDir Path folder) throws IOException {
    byte[] whole = Files.readAllBytes(Graphs.path("product.onnx"));
    Path file = folder.resolve("model.onnx");
    for (int length : new int[] {1, 7, 40, 100, 200, whole.length / 2, whole.length - 200}) {
      Files.write(file, Arrays.copyOf(whole, length));
      String message = loadFailure(file);
      assertTrue(message.contains(file.toString()), message);
    }
  }

  @Test
  void load_whenGarbage_namesTheFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.onnx");
    byte[] garbage = new byte[5000];
    new java.util.Random(1).nextBytes(garbage);
    Files.write(file, garbage);
    assertTrue(loadFailure(file).contains("truncated or no ONNX graph"), loadFailure(file));
  }

  private static String loadFailure(Path file) {
    return assertThrows(ModelException.class, () -> Graph.load(file, SessionConfig.defaults()))
        .getMessage();
  }
}
