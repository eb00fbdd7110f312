package dev.sampo.text.batch;

import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.time.Duration;

/**
 * Generates for many callers at once: requests of unequal length, age and settings share each step of one model, join it when a place is free and leave it
 * when they have ended. Each has processors, draws, stops and grammar of its own, and gets the ids that {@link TextGenerator#generate} gives it alone.
 *
 * <pre>{@code
 * try (TextGenerator generator = TextGenerator.open(folder);
 *     GenerationScheduler scheduler = GenerationScheduler.of(generator)) {
 *   GenerationHandle handle = scheduler.submit(GenerationRequest.of("In the beginning"));
 *   while (!handle.isDrained()) {
 *     TokenStep step = handle.poll(1000);       // null after a second without a token
 *     if (step != null) {
 *       System.out.print(step.text());
 *     }
 *   }
 *   GenerationResult result = handle.join();     // or handle.result(), a CompletableFuture
 * }
 * }</pre>
 *
 * <p>Requests begin in the order in which they were submitted: one that needs more room than there is just now is not overtaken. A prompt is read in
 * pieces between steps, except for what it has in common with earlier ones (a system prompt, the turns before of a conversation): that is copied. Places are sequences, so a request with {@code num_return_sequences} 3 takes three. What cannot share steps (beams, assisted
 * and contrastive search, more sequences than there are places, guidance, prompt caches, encoder-decoders, step scores of several rows) runs alone, one such request after the other, behind
 * the same face; so does everything if the model cannot tell rows apart, see {@link #sharing()}.
 *
 * <p>Thread-safe. Callbacks of a request ({@code progress}, processors) run in the scheduler's thread: while one waits, all wait; one that throws ends
 * its own request only. Close it before its generator, which stays the caller's.
 */
public interface GenerationScheduler extends AutoCloseable {
  /** A scheduler with the default settings. */
  static GenerationScheduler of(TextGenerator generator) {
    return of(generator, SchedulerConfig.defaults());
  }

  /** A scheduler; its threads begin with the first request. */
  static GenerationScheduler of(TextGenerator generator, SchedulerConfig config) {
    return new BatchScheduler(generator, config);
  }

  /** The model. */
  TextGenerator generator();

  SchedulerConfig config();

  /** Whether and how requests share steps on this model. */
  Sharing sharing();

  /**
   * Hands a request in and returns at once.
   *
   * @throws QueueFullException if too many wait
   * @throws dev.sampo.error.RequestException if options contradict each other or do not go with the model, or it needs more cache than there may be
   * @throws dev.sampo.error.ClosedException if this is closed
   */
  GenerationHandle submit(GenerationRequest request);

  /** {@link #submit} and {@link GenerationHandle#join()}. */
  default GenerationResult generate(GenerationRequest request) {
    return submit(request).join();
  }

  /** Numbers for metrics; reading them costs next to nothing. */
  SchedulerGauges gauges();

  /**
   * Takes no more requests, gives up those that wait, and lets those that run come to their end within a limit; what is left then is given up.
   *
   * @return whether all that ran came to their end
   */
  boolean close(Duration limit);

  /** Gives everything up and waits until nothing runs; a second call does nothing. */
  @Override
  void close();
}
