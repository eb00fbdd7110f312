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

  @Test
  void outputsClose_whileEightThreadsReadThem_givesWholeValuesOrIsRefused() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    AtomicInteger read = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    try (Graph graph = Graphs.load("product.onnx");
        Tensor x = Tensor.allocate(ElementType.FLOAT32, Shape.of(512, 64))) {
      float[] ones = new float[512 * 64];
      java.util.Arrays.fill(ones, 1);
      x.set(ones);
      float[] wanted;
      try (Outputs outputs = graph.run(Map.of("x", x))) {
        wanted = outputs.get("y").toFloats();
      }
      for (int round = 0; round < 200; round++) {
        Outputs outputs = graph.run(Map.of("x", x));
        Tensor y = outputs.get("y");
        int before = read.get();
        List<Future<?>> readers = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
          int way = i % 4;
          readers.add(
              threads.submit(
                  () -> {
                    try {
                      while (true) {
                        org.junit.jupiter.api.Assertions.assertArrayEquals(wanted, values(y, way));
                        read.incrementAndGet();
                      }
                    } catch (ClosedException e) {
                      refused.incrementAndGet();
                    }
                  }));
        }
        while (read.get() == before && round % 2 == 0) {
          Thread.yield();
        }
        outputs.close();
        for (Future<?> reader : readers) {
          reader.get();
        }
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(THREADS * 200, refused.get());
    assertTrue(read.get() > 0);
  }

  private static float[] values(Tensor y, int way) {
    switch (way) {
      case 0:
        return y.toFloats();
      case 1:
        float[] out = new float[y.elementCount()];
        y.copyTo(out);
        return out;
      case 2:
        try (Tensor copy = y.to(ElementType.FLOAT32)) {
          return copy.toFloats();
        }
      default:
        int[] rows = new int[512];
        for (int i = 0; i < rows.length; i++) {
          rows[i] = i;
        }
        try (Tensor copy = y.gatherRows(rows)) {
          return copy.toFloats();
        }
    }
  }

  @Test
  void runClose_whileFourThreadsUseIt_isSafe() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (Graph graph = Graphs.load("product.onnx");
        Tensor x = Tensor.allocate(ElementType.FLOAT32, Shape.of(64, 64))) {
      for (int round = 0; round < 150; round++) {
        GraphRun run = graph.prepare();
        run.input("x", x).output("y");
        List<Future<?>> users = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          users.add(
              threads.submit(
                  () -> {
                    try {
                      for (int n = 0; n < 10; n++) {
                        run.run();
                        assertEquals(64 * 64, run.result("y").toFloats().length);
                      }
                    } catch (ClosedException e) {
                      assertTrue(e.getMessage().contains("closed"), e.getMessage());
                    } catch (TensorException e) {
                      assertTrue(e.getMessage().contains("nothing has run"), e.getMessage());
                    }
                  }));
        }
        run.close();
        for (Future<?> user : users) {
          user.get();
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
