package dev.sampo.text.bench;

import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.batch.GenerationScheduler;
import dev.sampo.text.batch.SchedulerConfig;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * Many short generations on several threads that share one model: {@code Soak FOLDER COUNT THREADS [together]}, with the fourth word
 * through one GenerationScheduler. Each result is compared with that of a single thread;
 * memory is shown after every twentieth (Linux). Run it with a small heap that is touched at the start ({@code -Xms128m -Xmx128m -XX:+AlwaysPreTouch}), so that what
 * grows is native.
 */
public final class Soak {
  private static final int KINDS = 12;

  private Soak() {}

  public static void main(String[] args) throws Exception {
    int count = Integer.parseInt(args[1]);
    int threads = Integer.parseInt(args[2]);
    SessionConfig session = SessionConfig.builder().intraOpThreads(1).build();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    SchedulerConfig config = SchedulerConfig.builder().build();
    try (TextGenerator generator = TextGenerator.open(Path.of(args[0]), session);
        GenerationScheduler scheduler = GenerationScheduler.of(generator, config)) {
      Function<GenerationRequest, GenerationResult> run =
          args.length > 3 ? scheduler::generate : generator::generate;
      int[][][] wanted = new int[KINDS][][];
      for (int kind = 0; kind < KINDS; kind++) {
        wanted[kind] = generator.generate(request(kind)).sequences();
      }
      long begin = System.nanoTime();
      print(0, begin);
      for (int part = 1; part <= 20; part++) {
        runPart(pool, run, wanted, count / 20, threads);
        print(part * (count / 20), begin);
      }
    } finally {
      pool.shutdown();
    }
  }

  private static void runPart(
      ExecutorService pool,
      Function<GenerationRequest, GenerationResult> run,
      int[][][] wanted,
      int count,
      int threads)
      throws InterruptedException, ExecutionException {
    Future<?>[] futures = new Future<?>[threads];
    for (int t = 0; t < threads; t++) {
      int first = t;
      futures[t] =
          pool.submit(
              () -> {
                for (int i = first; i < count; i += threads) {
                  int[][] ids = run.apply(request(i % KINDS)).sequences();
                  if (!Arrays.deepEquals(ids, wanted[i % KINDS])) {
                    throw new IllegalStateException(
                        "Other ids than a single thread gave, kind " + i % KINDS);
                  }
                }
              });
    }
    for (Future<?> future : futures) {
      future.get();
    }
  }

  /** Greedy, sampled and beams; prompts and lengths of several sizes. */
  private static GenerationRequest request(int kind) {
    GenerationConfig.Builder config = GenerationConfig.builder().maxNewTokens(4 + 3 * kind);
    if (kind % 3 == 1) {
      config.doSample(true).topP(0.9);
    } else if (kind % 3 == 2) {
      config.numBeams(2 + kind % 2);
    }
    int[] prompt = new int[3 + 2 * kind];
    Arrays.setAll(prompt, i -> 20 + 7 * i + kind);
    return GenerationRequest.builder().promptIds(prompt).seed(kind).config(config.build()).build();
  }

  private static void print(int done, long begin) throws IOException {
    long direct = 0;
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      direct += pool.getMemoryUsed();
    }
    System.out.printf(
        Locale.ROOT,
        "%6d generations, %5.1f s: resident %.1f MB, direct buffers %.1f MB%n",
        done,
        (System.nanoTime() - begin) / 1e9,
        residentKilobytes() / 1024.0,
        direct / 1048576.0);
  }

  private static long residentKilobytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return 0;
  }
}
