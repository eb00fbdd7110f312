package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The graph {@code loop.onnx} adds 1 to x as many times as it is told: 2^62 rounds end only when something stops them. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CancellationTest {
  private static final long FOREVER = 1L << 62;

  /** Starts a run and calls {@code stop} when it is under way. */
  private static Throwable stopped(Graph graph, CancellationToken token, Runnable stop)
      throws InterruptedException {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    CountDownLatch started = new CountDownLatch(1);
    try (Tensor steps = Tensor.ofLongs(Shape.scalar(), FOREVER);
        Tensor x = Tensor.ofFloats(Shape.of(1), 0)) {
      Future<?> running =
          threads.submit(
              () -> {
                try (GraphRun run = graph.prepare()) {
                  run.input("steps", steps).input("x", x).output("y");
                  started.countDown();
                  run.run(token);
                }
              });
      started.await();
      stop.run();
      return assertThrows(ExecutionException.class, running::get).getCause();
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void cancel_whileRunning_stopsTheRun() throws InterruptedException {
    try (Graph graph = Graphs.load("loop.onnx")) {
      CancellationToken token = new CancellationToken();
      Throwable e = stopped(graph, token, token::cancel);
      assertEquals(CancelledException.class, e.getClass());
      assertTrue(token.isCancelled());
    }
  }

  @Test
  void close_whileRunning_stopsTheRun() throws InterruptedException {
    Graph graph = Graphs.load("loop.onnx");
    Throwable e = stopped(graph, CancellationToken.none(), graph::close);
    assertEquals(ClosedException.class, e.getClass(), String.valueOf(e));
    assertTrue(e.getMessage().startsWith("graphs/loop.onnx was closed"), e.getMessage());
  }

  @Test
  void close_whenTwoShare_stopsOnlyItsOwnRuns() throws InterruptedException {
    Graph first = Graphs.load("loop.onnx");
    try (Graph second = first.share();
        Tensor steps = Tensor.ofLongs(Shape.scalar(), 5);
        Tensor x = Tensor.ofFloats(Shape.of(1), 0);
        GraphRun run = second.prepare()) {
      run.input("steps", steps).input("x", x).output("y");
      Throwable e = stopped(first, CancellationToken.none(), first::close);
      assertEquals(ClosedException.class, e.getClass());
      run.run();
      assertArrayEquals(new float[] {5}, run.result("y").toFloats());
    }
  }

  @Test
  void run_whenCancelledBefore_neverStarts() {
    try (Graph graph = Graphs.load("loop.onnx");
        Tensor steps = Tensor.ofLongs(Shape.scalar(), FOREVER);
        Tensor x = Tensor.ofFloats(Shape.of(1), 0);
        GraphRun run = graph.prepare()) {
      run.input("steps", steps).input("x", x).output("y");
      CancellationToken token = new CancellationToken();
      token.cancel();
      assertThrows(CancelledException.class, () -> run.run(token));
    }
  }

  @Test
  void run_whenCancelledOnce_canBeRunAgain() throws InterruptedException {
    try (Graph graph = Graphs.load("loop.onnx");
        Tensor steps = Tensor.ofLongs(Shape.scalar(), FOREVER);
        Tensor x = Tensor.ofFloats(Shape.of(1), 0);
        GraphRun run = graph.prepare()) {
      run.input("steps", steps).input("x", x).output("y");
      CancellationToken token = new CancellationToken();
      Thread canceller = new Thread(token::cancel);
      canceller.start();
      assertThrows(CancelledException.class, () -> run.run(token));
      canceller.join();
      steps.set(3L);
      run.run(new CancellationToken());
      assertArrayEquals(new float[] {3}, run.result("y").toFloats());
    }
  }

  @Test
  void cancel_whenNone_refuses() {
    assertThrows(IllegalStateException.class, CancellationToken.none()::cancel);
    CancellationToken.none().throwIfCancelled();
  }
}
