package dev.sampo.text.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.ClosedException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.OpenNatives;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.Golden;
import dev.sampo.text.TextGenerator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Many threads at one scheduler: every answer right, none lost, nothing left. */
class ManyClientsTest {
  private static final int KINDS = 12;

  private static TextGenerator open(Path folder) {
    return TextGenerator.open(folder, SessionConfig.builder().intraOpThreads(1).build());
  }

  private static GenerationRequest request(int kind) {
    Random random = new Random(kind);
    int[] ids = new int[1 + random.nextInt(12)];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 5 + random.nextInt(40);
    }
    return GenerationRequest.builder()
        .promptIds(ids)
        .seed(kind)
        .config(
            GenerationConfig.builder()
                .maxNewTokens(1 + random.nextInt(12))
                .doSample(kind % 2 == 0)
                .numReturnSequences(kind % 4 == 0 ? 2 : 1)
                .build())
        .build();
  }

  @TestFactory
  List<DynamicTest> submit_whenFromManyThreads_thenEveryAnswerIsRight() throws Exception {
    List<DynamicTest> tests = new ArrayList<>();
    for (String name : List.of("gpt2", "llama_merged")) {
      tests.add(
          DynamicTest.dynamicTest(name, () -> check(Golden.ownFolder("text/generation/" + name))));
    }
    return tests;
  }

  private static void check(Path folder) throws Exception {
    try (TextGenerator generator = open(folder)) {
      int[][] wanted = new int[KINDS][];
      for (int kind = 0; kind < KINDS; kind++) {
        wanted[kind] = generator.generate(request(kind)).sequence().ids();
      }
      run(generator, wanted, 20); // graphs that move rows are made when first needed, and kept
      int before = OpenNatives.count();
      run(generator, wanted, 60);
      assertEquals(before, OpenNatives.count());
    }
  }

  private static void run(TextGenerator generator, int[][] wanted, int each) throws Exception {
    int threads = 12;
    ExecutorService clients = Executors.newFixedThreadPool(threads);
    SchedulerConfig config = SchedulerConfig.builder().maxRows(5).prefillTokens(16).build();
    try (GenerationScheduler scheduler = GenerationScheduler.of(generator, config)) {
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int client = t;
        done.add(
            clients.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    int kind = (client + 5 * i) % KINDS;
                    if (i % 7 == 3) {
                      scheduler.submit(request(kind)).cancel();
                    }
                    assertArrayEquals(
                        wanted[kind], scheduler.generate(request(kind)).sequence().ids());
                  }
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
      SchedulerGauges gauges = scheduler.gauges();
      assertEquals(0, gauges.failed());
      assertEquals(0, gauges.queued());
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void submit_whenOneRequestFails_thenTheOthersGoOn() {
    try (TextGenerator generator = open(Golden.ownFolder("text/generation/gpt2"));
        GenerationScheduler scheduler = GenerationScheduler.of(generator)) {
      int[] wanted = generator.generate(request(1)).sequence().ids();
      GenerationHandle good = scheduler.submit(request(1));
      GenerationHandle throwing =
          scheduler.submit(
              request(3).toBuilder()
                  .progress(
                      step -> {
                        throw new IllegalStateException("mine");
                      })
                  .build());
      GenerationHandle stuck =
          scheduler.submit(
              request(5).toBuilder()
                  .processor(
                      (ids, scores, offset, length) ->
                          java.util.Arrays.fill(
                              scores, offset, offset + length, Float.NEGATIVE_INFINITY))
                  .build());
      GenerationHandle also = scheduler.submit(request(1));
      assertEquals("mine", assertThrows(IllegalStateException.class, throwing::join).getMessage());
      assertThrows(IllegalStateException.class, stuck::join);
      assertArrayEquals(wanted, good.join().sequence().ids());
      assertArrayEquals(wanted, also.join().sequence().ids());
      assertEquals(2, scheduler.gauges().failed());
    }
  }

  @Test
  void submit_whenItNeedsMoreCacheThanThereMayBe_thenRefused() {
    try (TextGenerator generator = open(Golden.ownFolder("text/generation/gpt2"));
        GenerationScheduler scheduler =
            GenerationScheduler.of(
                generator, SchedulerConfig.builder().maxCacheBytes(20_000).build())) {
      GenerationConfig much = GenerationConfig.builder().maxNewTokens(50).build();
      RequestException e =
          assertThrows(
              RequestException.class,
              () -> scheduler.submit(request(1).toBuilder().config(much).build()));
      assertEquals("maxNewTokens", e.option());
      // What fits one by one comes to its end one by one.
      List<GenerationHandle> handles = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        handles.add(scheduler.submit(request(1)));
      }
      handles.forEach(GenerationHandle::join);
    }
  }

  @Test
  void generate_whenTheGeneratorWasClosed_thenEveryRequestSaysSo() {
    TextGenerator generator = open(Golden.ownFolder("text/generation/gpt2"));
    try (GenerationScheduler scheduler = GenerationScheduler.of(generator)) {
      scheduler.generate(request(1));
      generator.close();
      assertThrows(ClosedException.class, () -> scheduler.generate(request(1)));
      assertEquals(0, scheduler.gauges().running());
    }
  }
}
