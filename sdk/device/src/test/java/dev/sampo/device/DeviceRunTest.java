package dev.sampo.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ClosedException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.GraphRunException;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Graphs loaded with device tensors, on the CPU: the same bindings as on a GPU, in memory that happens to be the host's. */
class DeviceRunTest {
  private static Graph load(String name) {
    Path graphs = Path.of(System.getProperty("sampo.home"), "sdk/core/src/test/resources/graphs");
    SessionConfig config = SessionConfig.builder().intraOpThreads(1).deviceTensors(true).build();
    return Graph.load(graphs.resolve(name), config);
  }

  @Test
  void run_whenFedBack_growsTheCacheOnTheDevice() {
    try (Graph graph = load("cache.onnx");
        Tensor x = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 1, 2));
        Tensor empty = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 0, 2));
        Tensor total = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 2));
        GraphRun step = graph.prepare()) {
      assertTrue(graph.hasDeviceTensors());
      step.input("x", x).output("total", total).feedBack("present", "past", empty);
      for (int i = 1; i <= 20; i++) {
        x.set(i, -i);
        step.run();
        float sum = i * (i + 1) / 2f;
        assertArrayEquals(new float[] {sum, -sum}, total.toFloats());
        if (i % 5 == 0) {
          assertEquals(Shape.of(1, i, 2), step.result("present").shape());
          assertEquals(step.bound("past"), step.result("present"));
        }
      }
      step.input("past", empty);
      x.set(5, 6);
      step.run();
      assertArrayEquals(new float[] {5, 6}, total.toFloats());
    }
  }

  @Test
  void result_whenItStaysOnTheDevice_cannotBeRead() {
    try (Graph graph = load("cache.onnx");
        Tensor x = Tensor.ofFloats(Shape.of(1, 1, 2), 1, 2);
        Tensor empty = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 0, 2));
        GraphRun step = graph.prepare()) {
      step.input("x", x).output("total").feedBack("present", "past", empty).run();
      Tensor present = step.result("present");
      assertTrue(present.isResident());
      assertFalse(step.result("total").isResident());
      assertArrayEquals(new float[] {1, 2}, step.result("total").toFloats());
      for (Runnable read :
          new Runnable[] {
            present::toFloats, present::byteBuffer, () -> present.gatherRows(0).close()
          }) {
        TensorException e = assertThrows(TensorException.class, read::run);
        assertTrue(
            e.getMessage()
                .startsWith(
                    "Tensor float32 [1,1,2] stays in the memory of the execution provider, where"
                        + " Java cannot read it."),
            e.getMessage());
      }
    }
  }

  @Test
  void runResident_whenFedToAnotherGraph_needsNoCopy() {
    try (Graph add = load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3)) {
      Tensor twice;
      try (Outputs first =
          add.runResident(
              Map.of("a", a, "b", a), Set.of("sum"), Set.of("twice"), CancellationToken.none())) {
        assertArrayEquals(new float[] {2, 4, 6}, first.get("sum").toFloats());
        twice = first.take("twice");
      }
      try (Tensor taken = twice;
          Outputs second = add.run(Map.of("a", taken, "b", a))) {
        assertTrue(taken.isResident());
        assertArrayEquals(new float[] {3, 6, 9}, second.get("sum").toFloats());
      }
    }
  }

  @Test
  void take_whenFedBackInput_outlivesTheRun() {
    Tensor past;
    try (Graph graph = load("cache.onnx");
        Tensor x = Tensor.ofFloats(Shape.of(1, 1, 2), 1, 2);
        Tensor empty = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 0, 2))) {
      try (GraphRun step = graph.prepare()) {
        step.input("x", x).resident("present").input("past", empty).run();
        past = step.take("present");
      }
      try (GraphRun step = graph.prepare();
          Tensor total = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 2))) {
        step.input("x", x).input("past", past).output("total", total).run();
        assertArrayEquals(new float[] {2, 4}, total.toFloats());
      }
    }
    past.close();
    assertTrue(past.isClosed());
  }

  @Test
  void constant_whenBoundAnew_isTheNewOne() {
    try (Graph add = load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3);
        Tensor b = Tensor.ofFloats(Shape.of(1, 3), 10, 20, 30);
        Tensor sum = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 3));
        GraphRun run = add.prepare()) {
      run.input("a", a).constant("b", a).output("sum", sum).run();
      assertArrayEquals(new float[] {2, 4, 6}, sum.toFloats());
      run.constant("b", b).run();
      a.set(5, 5, 5);
      run.constant("b", b).run();
      assertArrayEquals(new float[] {15, 25, 35}, sum.toFloats());
    }
  }

  @Test
  void withoutOutput_whenAskedNoLonger_isNotComputedInto() {
    try (Graph add = load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3);
        Tensor sum = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 3));
        GraphRun run = add.prepare()) {
      run.input("a", a).input("b", a).output("sum", sum).output("twice").run();
      sum.set(0, 0, 0);
      run.withoutOutput("sum").run();
      assertArrayEquals(new float[] {0, 0, 0}, sum.toFloats());
      assertArrayEquals(new float[] {2, 4, 6}, run.result("twice").toFloats());
    }
  }

  @Test
  void run_whenPinnedShapeIsNotTheOutputs_givesOnnxRuntimesMessageAndRunsOn() {
    try (Graph graph = load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3);
        Tensor sum = Tensor.allocate(ElementType.FLOAT32, Shape.of(2, 3));
        Tensor right = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 3));
        GraphRun run = graph.prepare()) {
      run.input("a", a).input("b", a).output("sum", sum);
      GraphRunException e = assertThrows(GraphRunException.class, run::run);
      assertTrue(e.getMessage().startsWith("Running graphs/add.onnx failed: Error code - ORT_"));
      assertTrue(e.getMessage().contains("a float32 [1,3]"), e.getMessage());
      run.output("sum", right).run();
      assertArrayEquals(new float[] {2, 4, 6}, right.toFloats());
    }
  }

  @Test
  void run_whenShapesDoNotMultiply_givesOnnxRuntimesMessage() {
    try (Graph graph = load("mismatch.onnx");
        Tensor p = Tensor.allocate(ElementType.FLOAT32, Shape.of(2, 3));
        Tensor q = Tensor.allocate(ElementType.FLOAT32, Shape.of(4, 5));
        GraphRun run = graph.prepare()) {
      run.input("p", p).input("q", q).output("r");
      GraphRunException e = assertThrows(GraphRunException.class, run::run);
      assertTrue(e.getMessage().contains("MatMul"), e.getMessage());
    }
  }

  @Test
  void close_whenGraphGoesFirst_isSafe() {
    Graph graph = load("cache.onnx");
    try (Tensor x = Tensor.ofFloats(Shape.of(1, 1, 2), 1, 2);
        Tensor empty = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 0, 2))) {
      GraphRun step = graph.prepare();
      step.input("x", x).output("total").feedBack("present", "past", empty).run();
      graph.close();
      assertThrows(ClosedException.class, step::run);
      assertArrayEquals(new float[] {1, 2}, step.result("total").toFloats());
      step.close();
      step.close();
    }
  }

  @Test
  void input_whenResidentIsOfAnotherType_says() {
    try (Graph add = load("add.onnx");
        Graph types = load("types.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3);
        Outputs made =
            add.runResident(
                Map.of("a", a, "b", a), Set.of(), Set.of("sum"), CancellationToken.none());
        GraphRun run = types.prepare()) {
      TensorException e =
          assertThrows(TensorException.class, () -> run.input("float16", made.get("sum")));
      assertTrue(e.getMessage().contains("float16"), e.getMessage());
    }
  }
}
