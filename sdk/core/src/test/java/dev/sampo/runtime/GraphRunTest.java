package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ClosedException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class GraphRunTest {
  @Test
  void run_whenFedBack_growsTheCache() {
    try (Graph graph = Graphs.load("cache.onnx");
        Tensor x = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 1, 2));
        Tensor empty = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 0, 2));
        Tensor total = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 2));
        GraphRun step = graph.prepare()) {
      step.input("x", x).output("total", total).feedBack("present", "past", empty);
      for (int i = 1; i <= 20; i++) {
        x.set(i, -i);
        step.run();
        float sum = i * (i + 1) / 2f;
        assertArrayEquals(new float[] {sum, -sum}, total.toFloats());
        assertEquals(Shape.of(1, i, 2), step.result("present").shape());
        assertTrue(step.bound("past") == step.result("present"));
      }
      // Start again: the caller's tensor is still the caller's.
      step.input("past", empty);
      x.set(5, 6);
      step.run();
      assertArrayEquals(new float[] {5, 6}, total.toFloats());
    }
  }

  @Test
  void run_whenInputIsAnotherType_readsItAnewEveryTime() {
    try (Graph graph = Graphs.load("cache.onnx");
        Tensor x = Tensor.allocate(ElementType.FLOAT16, Shape.of(1, 1, 2));
        Tensor empty = Tensor.allocate(ElementType.FLOAT16, Shape.of(1, 0, 2));
        Tensor total = Tensor.allocate(ElementType.FLOAT16, Shape.of(1, 2));
        GraphRun step = graph.prepare()) {
      step.input("x", x).output("total", total).feedBack("present", "past", empty);
      x.set(1, 2);
      step.run();
      x.set(10, 20);
      step.run();
      assertArrayEquals(new float[] {11, 22}, total.toFloats());
    }
  }

  @Test
  @Tag("host-only") // reads what was fed back
  void gatherRows_whenCacheReordered_runsOn() {
    try (Graph graph = Graphs.load("cache.onnx");
        Tensor x = Tensor.ofFloats(Shape.of(2, 1, 2), 1, 2, 3, 4);
        Tensor empty = Tensor.allocate(ElementType.FLOAT32, Shape.of(2, 0, 2));
        Tensor total = Tensor.allocate(ElementType.FLOAT32, Shape.of(2, 2));
        GraphRun step = graph.prepare()) {
      step.input("x", x).output("total", total).feedBack("present", "past", empty);
      step.run();
      try (Tensor swapped = step.bound("past").gatherRows(1, 0)) {
        step.input("past", swapped);
        step.run();
        assertArrayEquals(new float[] {4, 6, 4, 6}, total.toFloats());
      }
    }
  }

  @Test
  void run_whenNoOutputAsked_says() {
    try (Graph graph = Graphs.load("add.onnx");
        GraphRun run = graph.prepare()) {
      TensorException e = assertThrows(TensorException.class, run::run);
      assertTrue(e.getMessage().startsWith("No output of graphs/add.onnx was asked for"));
    }
  }

  @Test
  void run_whenPinnedShapeIsNotTheOutputs_fails() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3);
        Tensor sum = Tensor.allocate(ElementType.FLOAT32, Shape.of(2, 3));
        GraphRun run = graph.prepare()) {
      run.input("a", a).input("b", a).output("sum", sum);
      GraphRunException e = assertThrows(GraphRunException.class, run::run);
      assertTrue(e.getMessage().contains("graphs/add.onnx"), e.getMessage());
    }
  }

  @Test
  void run_whenClosed_says() {
    try (Graph graph = Graphs.load("add.onnx")) {
      GraphRun run = graph.prepare();
      run.close();
      run.close();
      ClosedException e = assertThrows(ClosedException.class, run::run);
      assertEquals("This run of graphs/add.onnx is closed", e.getMessage());
    }
  }
}
