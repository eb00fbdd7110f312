package dev.sampo.text;

import dev.sampo.Progress;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.runtime.CancellationToken;
import java.lang.ref.WeakReference;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A stream and the thread that feeds it. The thread knows the stream weakly: while it waits for its reader, it looks now and then whether there can
 * be one, and whether the generator is still open.
 */
final class GeneratingStream implements TextStream {
  private static final int AHEAD = 64;
  private static final int LOOK_MILLIS = 100;

  private final Pipe pipe;
  private @Nullable String next;
  private @Nullable GenerationResult result;
  private @Nullable CancelledException cancelled;
  private @Nullable RuntimeException failure;

  private GeneratingStream(Pipe pipe) {
    this.pipe = pipe;
  }

  /** Ends of the queue: nothing of it refers to the stream. */
  private static final class Pipe {
    private final BlockingQueue<Object> queue = new ArrayBlockingQueue<>(AHEAD);
    private final CancellationToken cancellation;
    private @Nullable WeakReference<GeneratingStream> reader;
    private volatile boolean closed;

    Pipe(CancellationToken cancellation) {
      this.cancellation = cancellation;
    }

    void run(LoadedTextGenerator generator, GenerationRequest request) {
      Object end;
      try {
        end = generator.generate(request);
      } catch (RuntimeException | Error e) {
        end = e;
      }
      put(end, generator);
    }

    /** Hands an item over, unless nobody will take it. */
    void put(Object item, LoadedTextGenerator generator) {
      try {
        while (!closed && !queue.offer(item, LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
          if (reader == null || reader.get() == null) {
            close();
          } else if (generator.isClosed()) {
            queue.clear();
            queue.add(new ClosedException("The generator was closed while its text was read."));
            closed = true;
            cancellation.cancel();
          }
        }
      } catch (InterruptedException e) {
        // The reader has gone; the generation ends at its next step.
        cancellation.cancel();
        Thread.currentThread().interrupt();
      }
    }

    void close() {
      closed = true;
      cancellation.cancel();
    }
  }

  static GeneratingStream start(
      LoadedTextGenerator generator, GenerationRequest request, CancellationToken cancellation) {
    Pipe pipe = new Pipe(cancellation);
    Progress<? super TokenStep> own = request.progress();
    GenerationRequest streamed =
        request.toBuilder()
            .cancellation(cancellation)
            .progress(
                step -> {
                  if (own != null) {
                    own.onStep(step);
                  }
                  if (step.promptIndex() == 0
                      && step.sequenceIndex() == 0
                      && !step.text().isEmpty()) {
                    pipe.put(step.text(), generator);
                  }
                })
            .build();
    GeneratingStream stream = new GeneratingStream(pipe);
    pipe.reader = new WeakReference<>(stream);
    Thread thread = new Thread(() -> pipe.run(generator, streamed), "sampo-text-stream");
    thread.setDaemon(true);
    thread.start();
    return stream;
  }

  @Override
  public boolean hasNext() {
    RuntimeException failed = failure;
    if (failed != null) {
      throw failed;
    }
    if (next == null && result == null && cancelled == null) {
      accept(take());
    }
    return next != null;
  }

  private void accept(Object item) {
    if (item instanceof String) {
      next = (String) item;
    } else if (item instanceof GenerationResult) {
      result = (GenerationResult) item;
    } else if (item instanceof CancelledException) {
      cancelled = (CancelledException) item;
    } else if (item instanceof RuntimeException) {
      failure = (RuntimeException) item;
      throw (RuntimeException) item;
    } else {
      failure = new IllegalStateException("The generation ended in an error", (Error) item);
      throw (Error) item;
    }
  }

  private Object take() {
    try {
      while (true) {
        Object item = pipe.queue.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (item != null) {
          return item;
        }
        if (pipe.closed) {
          Object last = pipe.queue.poll();
          return last != null ? last : new CancelledException("The stream was closed");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      pipe.close();
      throw new CancelledException("Interrupted while waiting for text");
    }
  }

  @Override
  public String next() {
    if (!hasNext()) {
      throw new NoSuchElementException("The text is complete.");
    }
    String piece = java.util.Objects.requireNonNull(next);
    next = null;
    return piece;
  }

  @Override
  public Stream<String> stream() {
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL),
            false)
        .onClose(this::close);
  }

  @Override
  public GenerationResult result() {
    while (hasNext()) {
      next = null;
    }
    CancelledException given = cancelled;
    if (given != null) {
      throw given;
    }
    return java.util.Objects.requireNonNull(result);
  }

  @Override
  public void close() {
    if (result == null && cancelled == null) {
      pipe.close();
      pipe.queue.clear();
      next = null;
      cancelled = new CancelledException("The stream was closed before the text was complete.");
    }
  }
}
