package dev.sampo.samplers.diffusion;

import dev.sampo.error.RequestException;
import org.jspecify.annotations.Nullable;

/** A scheduler's configuration or a run's options that cannot work, with the scheduler and the key at fault. */
public final class SchedulerException extends RequestException {
  private static final long serialVersionUID = 1L;

  private final String scheduler;

  /**
   * An error about one key.
   *
   * @param scheduler the class name of diffusers, as {@code DDIMScheduler}
   * @param key the key of the configuration or the option of the run, or null
   * @param message what is wrong and how to mend it
   */
  public SchedulerException(String scheduler, @Nullable String key, String message) {
    super(key, scheduler + ": " + message);
    this.scheduler = scheduler;
  }

  /** The scheduler's class name. */
  public String scheduler() {
    return scheduler;
  }

  /** The key or option at fault, or null. */
  public @Nullable String key() {
    return option();
  }
}
