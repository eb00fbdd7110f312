package dev.sampo.examples.android;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WorkerTest {
  private final MainThread main = new MainThread();
  private final Worker worker = new Worker("test", main);
  private final List<String> heard = new ArrayList<>();
  private final Worker.Listener listener =
      new Worker.Listener() {
        @Override
        public void onRunning(boolean running) {
          heard.add(running ? "began" : "ended");
        }

        @Override
        public void onError(String message) {
          heard.add(message);
        }
      };

  @Test
  void start_then_job_runs_on_another_thread_and_news_come_on_the_main_one() throws Exception {
    Thread[] threads = new Thread[2];
    worker.start(
        token -> {
          threads[0] = Thread.currentThread();
          worker.post(() -> threads[1] = Thread.currentThread());
        },
        listener);
    main.until(() -> heard.contains("ended"));
    assertNotEquals(Thread.currentThread(), threads[0]);
    assertEquals(Thread.currentThread(), threads[1]);
    assertEquals(List.of("began", "ended"), heard);
  }

  @Test
  void start_while_one_runs_then_refused() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    assertTrue(worker.start(token -> go.await(), listener));
    assertFalse(worker.start(token -> {}, listener));
    go.countDown();
    main.until(() -> heard.contains("ended"));
    assertTrue(worker.start(token -> {}, listener));
  }

  @Test
  void job_that_fails_then_its_message_is_shown_and_the_next_runs() throws Exception {
    worker.start(
        token -> {
          throw new IOException("No space left on device");
        },
        listener);
    main.until(() -> heard.size() == 3);
    worker.start(
        token -> {
          throw new UnsatisfiedLinkError("no onnxruntime for this processor");
        },
        listener);
    main.until(() -> heard.size() == 6);
    assertEquals(
        List.of(
            "began",
            "ended",
            "No space left on device",
            "began",
            "ended",
            "no onnxruntime for this processor"),
        heard);
  }

  @Test
  void stop_then_cancelled_job_ends_without_an_error() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    worker.start(
        token -> {
          started.countDown();
          stopped.await();
          token.throwIfCancelled();
        },
        listener);
    started.await();
    worker.stop();
    stopped.countDown();
    main.until(() -> heard.contains("ended"));
    assertEquals(List.of("began", "ended"), heard);
  }

  @Test
  void close_while_a_job_runs_then_cancelled_first_cleaned_up_after_it_and_no_news()
      throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    List<String> order = new ArrayList<>();
    worker.start(
        token -> {
          started.countDown();
          go.await();
          order.add("job saw " + token.isCancelled());
        },
        listener);
    started.await();
    worker.close(() -> order.add("closed"));
    worker.close(() -> order.add("closed twice"));
    go.countDown();
    assertTrue(worker.awaitEnd(120, TimeUnit.SECONDS));
    main.drain();
    assertEquals(List.of("job saw true", "closed"), order);
    assertEquals(List.of("began"), heard);
    assertFalse(worker.start(token -> {}, listener));
  }

  @Test
  void pieces_that_come_before_the_screen_is_drawn_then_shown_at_once() {
    List<String> shown = new ArrayList<>();
    Pieces pieces = new Pieces(main::execute, shown::add);
    pieces.add("In ");
    pieces.add("the ");
    pieces.add("");
    main.drain();
    pieces.add("beginning");
    main.drain();
    assertEquals(List.of("In the ", "beginning"), shown);
  }
}
