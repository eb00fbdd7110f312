package dev.sampo.text.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.Golden;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.TokenStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The face of a scheduler: queue, handles, tokens, times, cancelling, closing. */
class GenerationSchedulerTest {
  private static TextGenerator generator;

  @BeforeAll
  static void open() {
    generator = TextGenerator.open(Golden.ownFolder("text/generation/gpt2"));
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static GenerationRequest.Builder request(int tokens, int... ids) {
    return GenerationRequest.builder()
        .promptIds(ids)
        .config(GenerationConfig.builder().maxNewTokens(tokens).minNewTokens(tokens).build());
  }

  @Test
  void submit_whenTokensAreRead_thenTheyAreThoseOfTheResult() throws InterruptedException {
    try (GenerationScheduler scheduler = GenerationScheduler.of(generator)) {
      GenerationHandle handle = scheduler.submit(request(12, 5, 6, 7).build());
      List<Integer> ids = new ArrayList<>();
      while (!handle.isDrained()) {
        TokenStep step = handle.poll(1000);
        if (step != null) {
          ids.add(step.tokenId());
        }
      }
      GenerationResult result = handle.join();
      int[] alone = generator.generate(request(12, 5, 6, 7).build()).sequence().ids();
      assertArrayEquals(alone, result.sequence().ids());
      assertArrayEquals(alone, ids.stream().mapToInt(i -> i).toArray());
      assertEquals(GenerationHandle.State.DONE, handle.state());
      assertTrue(result.timings().firstTokenMillis() > 0);
      assertTrue(result.timings().queueMillis() <= result.timings().firstTokenMillis());
      assertEquals(12, scheduler.gauges().tokens());
      assertEquals(1, scheduler.gauges().completed());
    }
  }

  @Test
  void submit_whenTooManyWait_thenRefused() throws InterruptedException {
    SchedulerConfig config = SchedulerConfig.builder().maxRows(1).maxQueued(2).build();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (GenerationScheduler scheduler = GenerationScheduler.of(generator, config)) {
      GenerationHandle first =
          scheduler.submit(
              request(3, 5)
                  .progress(
                      step -> {
                        begun.countDown();
                        await(go);
                      })
                  .build());
      begun.await();
      GenerationHandle second = scheduler.submit(request(3, 6).build());
      GenerationHandle third = scheduler.submit(request(3, 7).build());
      QueueFullException e =
          assertThrows(QueueFullException.class, () -> scheduler.submit(request(3, 8).build()));
      assertEquals(2, e.queued());
      assertEquals(2, scheduler.gauges().queued());
      second.cancel();
      assertThrows(CancelledException.class, second::join);
      assertEquals(1, scheduler.gauges().queued());
      go.countDown();
      first.join();
      assertTrue(third.join().timings().queueMillis() > 0);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void cancel_whenRunning_thenThePartialResultIsThere() throws InterruptedException {
    try (GenerationScheduler scheduler = GenerationScheduler.of(generator)) {
      GenerationHandle handle = scheduler.submit(request(60, 5, 6).build());
      TokenStep first = handle.poll(5000);
      assertNotNull(first);
      handle.cancel();
      CancelledException e = assertThrows(CancelledException.class, handle::join);
      GenerationResult partial = e.partial(GenerationResult.class);
      assertNotNull(partial);
      assertTrue(partial.tokenCount() >= 1);
      assertEquals(first.tokenId(), partial.sequence().ids()[0]);
      assertEquals(1, scheduler.gauges().cancelled());
    }
  }

  @Test
  void close_whenWithinTheLimit_thenWhatRunsComesToItsEnd() throws InterruptedException {
    SchedulerConfig config = SchedulerConfig.builder().maxRows(1).build();
    GenerationScheduler scheduler = GenerationScheduler.of(generator, config);
    GenerationHandle running = scheduler.submit(request(30, 5, 6).build());
    GenerationHandle waiting = scheduler.submit(request(30, 7).build());
    assertNotNull(running.poll(5000));
    assertTrue(scheduler.close(Duration.ofSeconds(60)));
    assertEquals(30, running.join().tokenCount());
    assertThrows(ClosedException.class, waiting::join);
    assertThrows(ClosedException.class, () -> scheduler.submit(request(3, 8).build()));
    scheduler.close();
  }

  @Test
  void close_whenAtOnce_thenWhatRunsIsGivenUp() throws InterruptedException {
    GenerationScheduler scheduler = GenerationScheduler.of(generator);
    CountDownLatch begun = new CountDownLatch(1);
    GenerationHandle running =
        scheduler.submit(request(60, 5, 6).progress(step -> begun.countDown()).build());
    begun.await();
    assertFalse(scheduler.close(Duration.ZERO));
    assertThrows(CancelledException.class, running::join);
  }
}
