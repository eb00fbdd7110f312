package dev.sampo.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.SynchronousQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PublishTextTest {
  private static TextGenerator generator;

  @BeforeAll
  static void load() {
    generator = TextGenerator.open(Models.path("scripture-gpt"));
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static GenerationRequest request(int tokens) {
    return GenerationRequest.builder()
        .prompt("And the people answered")
        .seed(5)
        .config(GenerationConfig.builder().maxNewTokens(tokens).build())
        .build();
  }

  /** Takes pieces when the test does. */
  private static final class Reader implements Flow.Subscriber<String> {
    private final SynchronousQueue<Object> items = new SynchronousQueue<>();
    private final CountDownLatch left = new CountDownLatch(1);
    private Flow.Subscription subscription;

    private void put(Object item) {
      try {
        items.put(item);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
      subscription = newSubscription;
    }

    @Override
    public void onNext(String piece) {
      put(piece);
    }

    @Override
    public void onError(Throwable failure) {
      put(failure);
    }

    @Override
    public void onComplete() {
      put("(end)");
    }
  }

  private static Reader subscribe(TextGenerator of, GenerationRequest request) {
    Reader reader = new Reader();
    PublishText.publisher(
            of,
            request,
            task ->
                new Thread(
                        () -> {
                          task.run();
                          reader.left.countDown();
                        })
                    .start())
        .subscribe(reader);
    return reader;
  }

  @Test
  void publisher_whenPiecesAreAskedForOneByOne_thenTheyAreTheText() throws InterruptedException {
    Reader reader = subscribe(generator, request(12));
    StringBuilder text = new StringBuilder();
    while (true) {
      reader.subscription.request(1);
      Object item = reader.items.take();
      if (item.equals("(end)")) {
        break;
      }
      text.append(item);
      Object unasked = reader.items.poll();
      if (unasked != null) {
        assertEquals("(end)", unasked, "more came than was asked for");
        break;
      }
    }
    assertEquals(generator.generate(request(12)).text(), text.toString());
  }

  @Test
  void publisher_whenCancelled_thenGenerationEndsAndNothingMoreComes() throws InterruptedException {
    Reader reader = subscribe(generator, request(1_000_000));
    reader.subscription.request(1);
    reader.items.take();
    reader.subscription.cancel();
    reader.left.await();
    assertNull(reader.items.poll());
  }

  @Test
  void publisher_whenGenerationFails_thenOnError() throws InterruptedException {
    TextGenerator closed = TextGenerator.open(Models.path("scripture-gpt"));
    closed.close();
    Reader reader = subscribe(closed, request(3));
    reader.subscription.request(1);
    Object item = reader.items.take();
    assertTrue(item instanceof dev.sampo.error.ClosedException, String.valueOf(item));
  }

  @Test
  void publisher_whenLessThanOneIsAskedFor_thenOnError() throws InterruptedException {
    Reader reader = subscribe(generator, request(3));
    reader.subscription.request(0);
    assertTrue(reader.items.take() instanceof IllegalArgumentException);
  }
}
