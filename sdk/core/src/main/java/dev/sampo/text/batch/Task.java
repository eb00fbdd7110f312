package dev.sampo.text.batch;

import dev.sampo.Progress;
import dev.sampo.Timings;
import dev.sampo.error.CancelledException;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TokenStep;
import dev.sampo.text.decoding.RowGroup;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A request on its way through a scheduler: its tokens, its times and its end. */
final class Task implements GenerationHandle {
  private static final Object END = new Object();

  private final GenerationRequest given;
  private final GenerationRequest request;
  private final CancellationToken token;
  private final Counts counts;
  private final CompletableFuture<GenerationResult> result = new CompletableFuture<>();
  private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
  private final long submitted;
  private long started;
  private long firstToken;
  private volatile State state = State.QUEUED;
  private @Nullable RowGroup<GenerationResult> group;

  /** Wakes the lane that the task waits in; set before the task can be seen by others. */
  private volatile Runnable onCancel = () -> {};

  Task(GenerationRequest given, Counts counts) {
    this.given = given;
    this.counts = counts;
    this.submitted = given.nanoClock().getAsLong();
    CancellationToken own = given.cancellation();
    this.token = own == CancellationToken.none() ? new CancellationToken() : own;
    Progress<? super TokenStep> listener = given.progress();
    this.request =
        given.toBuilder()
            .cancellation(token)
            .progress(
                step -> {
                  tell(step);
                  if (listener != null) {
                    listener.onStep(step);
                  }
                })
            .build();
  }

  private void tell(TokenStep step) {
    if (firstToken == 0) {
      firstToken = now();
    }
    if (step.tokenId() >= 0) {
      counts.tokens.increment();
      events.add(step);
    }
  }

  private long now() {
    return given.nanoClock().getAsLong();
  }

  void onCancel(Runnable wake) {
    onCancel = wake;
  }

  // ---- for the lanes

  /** The request with this task's token and listener. */
  GenerationRequest work() {
    return request;
  }

  /** The request as rows; null if it runs alone. */
  @Nullable RowGroup<GenerationResult> group() {
    return group;
  }

  void group(@Nullable RowGroup<GenerationResult> rows) {
    group = rows;
  }

  boolean isCancelled() {
    return token.isCancelled();
  }

  void begins() {
    started = now();
    state = State.RUNNING;
  }

  void completes(GenerationResult made) {
    end(counts.completed, () -> result.complete(timed(made)));
  }

  void fails(Throwable error) {
    if (error instanceof CancelledException) {
      CancelledException e = (CancelledException) error;
      GenerationResult partial = e.partial(GenerationResult.class);
      CancelledException told =
          partial == null ? e : new CancelledException(e.getMessage(), e, timed(partial));
      end(counts.cancelled, () -> result.completeExceptionally(told));
    } else {
      end(counts.failed, () -> result.completeExceptionally(error));
    }
  }

  private void end(java.util.concurrent.atomic.LongAdder counter, Runnable complete) {
    if (state == State.DONE) {
      return;
    }
    state = State.DONE;
    group = null; // a handle may be kept for long
    counter.increment();
    complete.run();
    events.add(END);
  }

  /** The result with the times that only the scheduler knows. */
  private GenerationResult timed(GenerationResult made) {
    Timings t = made.timings();
    return made.withTimings(
        new Timings(
            t.loadMillis(),
            t.prefillMillis(),
            t.loopMillis(),
            t.modelMillis(),
            millis(now()),
            t.steps(),
            millis(started),
            millis(firstToken)));
  }

  /** From the submission to a moment; 0 for one that never came. */
  private double millis(long moment) {
    return moment == 0 ? 0 : (moment - submitted) / 1e6;
  }

  // ---- for the caller

  @Override
  public GenerationRequest request() {
    return given;
  }

  @Override
  public State state() {
    return state;
  }

  @Override
  public CompletableFuture<GenerationResult> result() {
    return result;
  }

  @Override
  public GenerationResult join() {
    try {
      return result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while waiting for a result", e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw rethrown(e.getCause());
    } catch (CompletionException e) {
      throw rethrown(e.getCause());
    }
  }

  private static RuntimeException rethrown(@Nullable Throwable cause) {
    if (cause instanceof RuntimeException) {
      return (RuntimeException) cause;
    }
    if (cause instanceof Error) {
      throw (Error) cause;
    }
    return new SampoException("The generation failed", cause);
  }

  @Override
  public @Nullable TokenStep poll(long timeoutMillis) throws InterruptedException {
    Object item = events.poll(timeoutMillis, TimeUnit.MILLISECONDS);
    if (item == END) {
      events.add(END); // nothing comes behind it
      return null;
    }
    return (TokenStep) item;
  }

  @Override
  public boolean isDrained() {
    return events.peek() == END;
  }

  @Override
  public Iterator<TokenStep> tokens() {
    return new Iterator<TokenStep>() {
      private @Nullable TokenStep next;

      @Override
      public boolean hasNext() {
        try {
          while (next == null && !isDrained()) {
            next = poll(1000);
          }
          return next != null;
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new CancelledException("Interrupted while waiting for a token", e);
        }
      }

      @Override
      public TokenStep next() {
        TokenStep step = hasNext() ? next : null;
        if (step == null) {
          throw new NoSuchElementException("The request has ended.");
        }
        next = null;
        return step;
      }
    };
  }

  @Override
  public void cancel() {
    token.cancel();
    onCancel.run();
  }

  @Override
  public String toString() {
    return state + " " + given;
  }
}
