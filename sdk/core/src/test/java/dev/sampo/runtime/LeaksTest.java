package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LeaksTest {
  /** Collects garbage until {@code done}. */
  private static void collectUntil(CountDownLatch done) throws InterruptedException {
    while (!done.await(20, TimeUnit.MILLISECONDS)) {
      System.gc();
    }
  }

  @Test
  void track_whenForgotten_freesOnce() throws InterruptedException {
    CountDownLatch freed = new CountDownLatch(1);
    Leaks.track(new Object(), "Thing", Leaks.here(), () -> count(freed));
    collectUntil(freed);
    assertEquals(0, freed.getCount());
  }

  @Test
  void track_whenClosed_neverFrees() throws InterruptedException {
    CountDownLatch freed = new CountDownLatch(1);
    CountDownLatch other = new CountDownLatch(1);
    Leaks.track(new Object(), "Thing", null, () -> count(freed)).closed();
    Leaks.track(new Object(), "Other", null, () -> count(other));
    collectUntil(other);
    assertEquals(1, freed.getCount());
  }

  @Test
  void forgotten_whenLogged_saysWhereItWasOpened() throws InterruptedException {
    PrintStream err = System.err;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    String log;
    try {
      System.setErr(new PrintStream(captured, true));
      CountDownLatch freed = new CountDownLatch(1);
      forget(freed);
      collectUntil(freed);
      // The line is written after the freeing, by one thread for all: once another thing is freed
      // it is there.
      CountDownLatch next = new CountDownLatch(1);
      Leaks.track(new Object(), "Next", null, () -> count(next));
      collectUntil(next);
    } finally {
      System.setErr(err);
      log = new String(captured.toByteArray(), StandardCharsets.UTF_8);
    }
    assertTrue(log.contains("Thing of the test was never closed"), log);
    assertTrue(log.contains("LeaksTest.forget"), log);
  }

  private static boolean count(CountDownLatch latch) {
    latch.countDown();
    return true;
  }

  private static void forget(CountDownLatch freed) {
    Leaks.track(new Object(), "Thing of the test", Leaks.here(), () -> count(freed));
  }

  @Test
  void result_whenOnlyATensorIsKept_staysAlive() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3)) {
      Tensor sum = onlyTheTensor(graph, a);
      for (int i = 0; i < 3; i++) {
        System.gc();
      }
      assertFalse(sum.isClosed());
      assertEquals(4, sum.toFloats()[1]);
      sum.close();
    }
  }

  private static Tensor onlyTheTensor(Graph graph, Tensor a) {
    @SuppressWarnings("MustBeClosed")
    Outputs outputs = graph.run(Map.of("a", a, "b", a));
    outputs.get("twice").close();
    return outputs.get("sum");
  }

  @Test
  void run_whenGraphIsOnlyHeldByItsRun_staysAlive() {
    try (Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3);
        Tensor sum = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 3));
        GraphRun run = Graphs.load("add.onnx").prepare()) {
      run.input("a", a).input("b", a).output("sum", sum);
      for (int i = 0; i < 3; i++) {
        System.gc();
        run.run();
      }
      assertEquals(4, sum.toFloats()[1]);
    }
  }
}
