package dev.sampo.examples;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.TextStream;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;

/**
 * Text as a {@link Flow.Publisher}: pieces come as the subscriber asks for them, cancelling ends the generation at its next step, and an error
 * reaches {@code onError}. It is an example because Android has no {@code Flow} before API 30 and sdk/core runs from 26 on; copy
 * {@link #publisher} into a desktop program or a server as it is.
 */
public final class PublishText {
  private PublishText() {}

  /**
   * A publisher that generates anew for each subscriber.
   *
   * @param executor runs one task a subscriber, as long as the text takes
   */
  public static Flow.Publisher<String> publisher(
      TextGenerator generator, GenerationRequest request, Executor executor) {
    return subscriber -> {
      Pieces pieces = new Pieces(generator, request, subscriber);
      subscriber.onSubscribe(pieces);
      executor.execute(pieces);
    };
  }

  private static final class Pieces implements Flow.Subscription, Runnable {
    private static final int MANY = 1 << 20;

    private final TextGenerator generator;
    private final GenerationRequest request;
    private final Flow.Subscriber<? super String> subscriber;
    private final CancellationToken token = new CancellationToken();
    private final Semaphore wanted = new Semaphore(0);
    private volatile boolean misused;

    Pieces(
        TextGenerator generator,
        GenerationRequest request,
        Flow.Subscriber<? super String> subscriber) {
      this.generator = generator;
      this.request = request.toBuilder().cancellation(token).build();
      this.subscriber = subscriber;
    }

    @Override
    public void request(long count) {
      misused |= count <= 0;
      int more = (int) Math.max(1, Math.min(count, MANY));
      if (wanted.availablePermits() < Integer.MAX_VALUE - 2 * MANY) {
        wanted.release(more);
      }
    }

    @Override
    public void cancel() {
      token.cancel();
      wanted.release();
    }

    @Override
    public void run() {
      try (TextStream stream = generator.stream(request)) {
        while (stream.hasNext()) {
          wanted.acquire();
          if (token.isCancelled()) {
            return;
          }
          if (misused) {
            throw new IllegalArgumentException("A subscriber asked for less than one piece.");
          }
          subscriber.onNext(stream.next());
        }
        if (!token.isCancelled()) {
          subscriber.onComplete();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        subscriber.onError(e);
      } catch (RuntimeException e) {
        subscriber.onError(e);
      }
    }
  }

  /** Prints thirty tokens as a subscriber that asks for one piece at a time. */
  public static void main(String[] args) throws InterruptedException {
    GenerationConfig config = GenerationConfig.builder().doSample(true).maxNewTokens(30).build();
    GenerationRequest request =
        GenerationRequest.builder()
            .prompt("And the people answered")
            .config(config)
            .seed(2)
            .build();
    Semaphore ended = new Semaphore(0);
    try (TextGenerator generator = TextGenerator.open(Models.path("scripture-gpt"))) {
      publisher(generator, request, task -> new Thread(task).start())
          .subscribe(
              new Flow.Subscriber<>() {
                private Flow.Subscription subscription;

                @Override
                public void onSubscribe(Flow.Subscription newSubscription) {
                  subscription = newSubscription;
                  subscription.request(1);
                }

                @Override
                public void onNext(String piece) {
                  System.out.print(piece);
                  subscription.request(1);
                }

                @Override
                public void onError(Throwable failure) {
                  System.out.println(failure.getMessage());
                  ended.release();
                }

                @Override
                public void onComplete() {
                  System.out.println();
                  ended.release();
                }
              });
      ended.acquire();
    }
  }
}
