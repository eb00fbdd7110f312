package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ClosedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Eight threads run while a ninth closes: every run ends with its result or with {@link ClosedException}, and the process lives. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CloseStressTest {
  private static final int THREADS = 8;
  private static final int ROUNDS = 40;

  @Test
  void close_whileEightThreadsRun_isSafe() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    AtomicInteger finished = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    try {
      for (int round = 0; round < ROUNDS; round++) {
        Graph graph = Graphs.load("loop.onnx");
        AtomicInteger under = new AtomicInteger();
        List<Future<?>> runs = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
          boolean prepared = i % 2 == 0;
          runs.add(
              threads.submit(
                  () -> {
                    try {
                      while (true) {
                        float y = prepared ? runPrepared(graph, under) : runOnce(graph, under);
                        assertEquals(50f, y);
                        finished.incrementAndGet();
                      }
                    } catch (ClosedException e) {
                      refused.incrementAndGet();
                    }
                  }));
        }
        // Not a sleep: the close comes when runs have started, at another moment in every round.
        while (under.get() < 1 + round) {
          Thread.yield();
        }
        graph.close();
        for (Future<?> run : runs) {
          run.get();
        }
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(THREADS * ROUNDS, refused.get());
    assertTrue(finished.get() > 0);
  }

  private static float runOnce(Graph graph, AtomicInteger under) {
    try (Tensor steps = Tensor.ofLongs(Shape.scalar(), 50);
        Tensor x = Tensor.ofFloats(Shape.of(1), 0)) {
      under.incrementAndGet();
      try (Outputs outputs = graph.run(Map.of("steps", steps, "x", x))) {
        return outputs.get("y").toFloats()[0];
      }
    }
  }

  private static float runPrepared(Graph graph, AtomicInteger under) {
    try (Tensor steps = Tensor.ofLongs(Shape.scalar(), 50);
        Tensor x = Tensor.ofFloats(Shape.of(1), 0);
        Tensor y = Tensor.allocate(ElementType.FLOAT32, Shape.of(1));
        GraphRun run = graph.prepare()) {
      under.incrementAndGet();
      run.input("steps", steps).input("x", x).output("y", y).run();
      return y.toFloats()[0];
    }
  }

  @Test
  void tensorClose_whileARunUsesIt_isSafe() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try (Graph graph = Graphs.load("product.onnx")) {
      for (int round = 0; round < 300; round++) {
        Tensor x = Tensor.allocate(ElementType.FLOAT32, Shape.of(64, 64));
        Future<?> run =
            threads.submit(
                () -> {
                  try (Outputs outputs = graph.run(Map.of("x", x))) {
                    assertEquals(64 * 64, outputs.get("y").toFloats().length);
                  } catch (ClosedException e) {
                    assertTrue(e.getMessage().contains("was closed"), e.getMessage());
                  }
                });
        Future<?> close = threads.submit(x::close);
        run.get();
        close.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void run_whenEightThreadsShareAGraph_givesEachItsOwnResult() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (Graph graph = Graphs.load("product.onnx")) {
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        float scale = i + 1;
        runs.add(
            threads.submit(
                () -> {
                  try (Tensor x = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 64))) {
                    x.set(scale);
                    for (int n = 0; n < 500; n++) {
                      try (Outputs outputs = graph.run(Map.of("x", x))) {
                        assertEquals(-63 * scale, outputs.get("y").toFloats()[63]);
                      }
                    }
                  }
                }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
