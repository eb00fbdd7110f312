package dev.sampo.text;

import dev.sampo.runtime.CancellationToken;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The text of one sequence, piece by piece as it is generated in a thread of its own. The generation waits for its reader. Closing it gives the
 * generation up; after the last piece {@link #result()} is there.
 *
 * <pre>{@code
 * try (TextStream stream = generator.stream(GenerationRequest.of("In the beginning"))) {
 *   while (stream.hasNext()) {
 *     System.out.print(stream.next());
 *   }
 * }
 * }</pre>
 */
public final class TextStream implements Iterator<String>, AutoCloseable {
  private static final int AHEAD = 64;
  private static final Object CLOSED = new Object();

  private final BlockingQueue<Object> queue = new ArrayBlockingQueue<>(AHEAD);
  private final CancellationToken cancellation;
  private final Thread thread;
  private volatile boolean closed;
  private @Nullable Object next;
  private @Nullable GenerationResult result;

  private record Failure(Throwable cause) {}

  TextStream(TextGenerator generator, GenerationRequest request, CancellationToken cancellation) {
    this.cancellation = cancellation;
    TokenListener own = request.listener();
    GenerationRequest streamed =
        request.toBuilder()
            .cancellation(cancellation)
            .listener(
                event -> {
                  if (own != null) {
                    own.onToken(event);
                  }
                  if (event.promptIndex() == 0
                      && event.sequenceIndex() == 0
                      && !event.text().isEmpty()) {
                    put(event.text());
                  }
                })
            .build();
    thread = new Thread(() -> run(generator, streamed), "sampo-text-stream");
    thread.setDaemon(true);
    thread.start();
  }

  private void run(TextGenerator generator, GenerationRequest request) {
    try {
      put(generator.generate(request));
    } catch (RuntimeException | Error e) {
      put(new Failure(e));
    }
  }

  private void put(Object item) {
    try {
      if (!closed) {
        queue.put(item);
      }
    } catch (InterruptedException e) {
      // The reader has gone; the generation ends at its next step.
      cancellation.cancel();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean hasNext() {
    if (next == null && result == null && !closed) {
      next = take();
    }
    if (closed || next == CLOSED) {
      return false;
    }
    if (next instanceof GenerationResult) {
      result = (GenerationResult) next;
      next = null;
    }
    if (next instanceof Failure) {
      Throwable cause = ((Failure) next).cause();
      if (cause instanceof Error) {
        throw (Error) cause;
      }
      throw (RuntimeException) cause;
    }
    return next != null;
  }

  private Object take() {
    try {
      return queue.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      cancellation.cancel();
      throw new dev.sampo.error.CancelledException("Interrupted while waiting for text");
    }
  }

  @Override
  public String next() {
    if (!hasNext()) {
      throw new NoSuchElementException("The text is complete.");
    }
    String piece = (String) java.util.Objects.requireNonNull(next);
    next = null;
    return piece;
  }

  /** The pieces as a stream; close this, or the stream, when done. */
  public Stream<String> stream() {
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL),
            false)
        .onClose(this::close);
  }

  /**
   * The whole result; waits for the end.
   *
   * @throws IllegalStateException if it was closed before
   */
  public GenerationResult result() {
    while (hasNext()) {
      next();
    }
    if (result == null) {
      throw new IllegalStateException("The stream was closed before the text was complete.");
    }
    return result;
  }

  /** Gives the generation up if it has not ended. */
  @Override
  public void close() {
    closed = true;
    cancellation.cancel();
    queue.clear(); // a producer that waits for space goes on, and finds itself cancelled
    queue.offer(CLOSED); // a reader that waits for text finds the end
  }
}
